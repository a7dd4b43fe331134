// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import HTTPMessages
import NIOCore

extension FuzzTarget {
    static let requestHead = FuzzTarget(name: "request-head") { (bytes) throws(Broken) in
        try HeadFuzz.check(bytes, .request)
    }
    static let responseHead = FuzzTarget(name: "response-head") { (bytes) throws(Broken) in
        try HeadFuzz.check(bytes, .response)
    }
}

/// HTTP/1.1 heads: how the bytes were cut makes no difference, what is accepted is well-formed and survives being
/// written and read again.
enum HeadFuzz {
    enum Outcome: Equatable {
        case accepted(Head, rest: Int)
        case incomplete
        case refused(MessageError.Code)
    }

    /// A head's content, without its table of offsets.
    struct Head: Equatable {
        var method: Method
        var status: Int
        var version: HTTPVersion
        var target: [UInt8]
        var fields: [[[UInt8]]]

        init(_ head: MessageHead) {
            self.method = head.method
            self.status = head.status
            self.version = head.version
            self.target = Array(head.target)
            self.fields = head.fields.map { [Array(head.name($0)), Array(head.value($0))] }
        }
    }

    static func parse(_ bytes: [UInt8], _ kind: HTTP1HeadParser.Kind, piece: Int = .max) -> (Outcome, MessageHead) {
        var parser = HTTP1HeadParser(kind)
        var head = MessageHead()
        var buffer = ByteBuffer()
        var rest = bytes[...]
        do throws(MessageError) {
            while !rest.isEmpty {
                buffer.writeBytes(rest.prefix(piece))
                rest = rest.dropFirst(piece)
                if try parser.parse(&buffer, into: &head) {
                    return (.accepted(Head(head), rest: buffer.readableBytes + rest.count), head)
                }
            }
            return (.incomplete, head)
        } catch {
            return (.refused(error.code), head)
        }
    }

    static func check(_ bytes: [UInt8], _ kind: HTTP1HeadParser.Kind) throws(FuzzTarget.Broken) {
        let (outcome, head) = self.parse(bytes, kind)
        for piece in Cuts.pieces(of: bytes) {
            let cut = self.parse(bytes, kind, piece: piece).0
            try FuzzTarget.require(cut == outcome, "in pieces of \(piece): \(cut), whole: \(outcome)")
        }
        guard case .accepted(let content, _) = outcome else { return }
        try self.checkForm(head, kind)
        let again = self.parse(self.written(head, kind), kind).0
        // HTTP/1.0 is answered and forwarded as HTTP/1.1.
        var expected = content
        expected.version = .http11
        if kind == .request, content.version == .http10 { return }
        try FuzzTarget.require(again == .accepted(expected, rest: 0), "read again: \(again), first: \(outcome)")
    }

    private static func written(_ head: MessageHead, _ kind: HTTP1HeadParser.Kind) -> [UInt8] {
        var buffer = ByteBuffer()
        switch kind {
        case .request: HeadWriter.requestLine(head.method, head.target, into: &buffer)
        case .response: HeadWriter.statusLine(head.status, into: &buffer)
        }
        for field in head.fields { HeadWriter.field(name: head.name(field), value: head.value(field), into: &buffer) }
        HeadWriter.end(into: &buffer)
        return Array(buffer.readableBytesView)
    }

    private static let tokens = Set("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz".utf8)

    /// RFC 9112 §5 and proxy.md §4, said a second time and in other words.
    static func checkForm(_ head: MessageHead, _ kind: HTTP1HeadParser.Kind) throws(FuzzTarget.Broken) {
        for field in head.fields {
            let name = head.name(field), value = head.value(field)
            try FuzzTarget.require(!name.isEmpty && name.allSatisfy(self.tokens.contains), "a name that is no token")
            try FuzzTarget.require(
                value.allSatisfy { $0 == 0x09 || (0x20...0x7E).contains($0) },
                "a value with a byte that is not text"
            )
            try FuzzTarget.require(
                ![0x09, 0x20].contains(value.first ?? 0) && ![0x09, 0x20].contains(value.last ?? 0),
                "a value with blanks around it"
            )
        }
        guard kind == .request else { return }
        try FuzzTarget.require(head.count(.host) == 1, "not one host")
        try FuzzTarget.require(head.target.allSatisfy { (0x21...0x7E).contains($0) }, "a target with a blank in it")
        try FuzzTarget.require(
            head.target.first == UInt8(ascii: "/") || (head.target.elementsEqual("*".utf8) && head.method == .options),
            "a target that is no path"
        )
        try FuzzTarget.require(!head.target.contains(UInt8(ascii: "#")), "a fragment")
        try FuzzTarget.require(
            head.count(.contentLength) == 0 || head.count(.transferEncoding) == 0,
            "two framings"
        )
        let framing: BodyFraming?
        do { framing = try Framing.ofRequest(head) } catch { framing = nil }
        try FuzzTarget.require(framing != nil, "a head without a framing")
    }
}
