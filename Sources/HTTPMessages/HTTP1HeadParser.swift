// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import NIOCore

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// Reads one HTTP/1.1 head after another from bytes and refuses what RFC 9112 does not allow (proxy.md §4).
///
/// Works line by line: a complete line is judged and consumed, an incomplete one is remembered by how far it was
/// searched, so a head that dribbles in costs no more than one that comes whole, and the two are judged alike. Nothing
/// after an error may be parsed: the connection is to be closed.
package struct HTTP1HeadParser: Sendable {
    package enum Kind: Sendable {
        case request, response
    }

    private enum State {
        /// Before the start line; true once an empty line was skipped (RFC 9112 §2.2 allows us to skip one).
        case startLine(skipped: Bool)
        case fields
    }

    private let kind: Kind
    private let limits: HeadLimits
    private let pathExceptions: PathRules.Exceptions
    private var state = State.startLine(skipped: false)
    /// Bytes at the reader index already known to hold no line feed.
    private var searched = 0
    /// Bytes of this head consumed so far.
    private var consumed = 0

    /// `pathExceptions` is what ``RequestRules`` lets pass in a request's path.
    package init(_ kind: Kind, limits: HeadLimits = .init(), pathExceptions: PathRules.Exceptions = []) {
        self.kind = kind
        self.pathExceptions = pathExceptions
        self.limits = limits.effective
    }

    /// True while nothing of a head was seen: the connection is idle, and may be closed without a word.
    package var isBetweenMessages: Bool {
        if case .startLine(skipped: false) = self.state { self.searched == 0 } else { false }
    }

    /// Takes what is complete from the buffer. False: more is needed, pass the same buffer again with more bytes after
    /// it. True: `head` is complete and, for a request, has passed ``RequestRules``; the reader index stands behind it.
    package mutating func parse(
        _ buffer: inout ByteBuffer,
        into head: inout MessageHead
    ) throws(MessageError) -> Bool {
        while true {
            switch buffer.withUnsafeReadableBytes({ self.step($0, into: &head) }) {
            case .needMore:
                return false
            case .failed(let error):
                throw error
            case .line(let length):
                buffer.moveReaderIndex(forwardBy: length)
            case .end(let length):
                buffer.moveReaderIndex(forwardBy: length)
                self.state = .startLine(skipped: false)
                self.consumed = 0
                if self.kind == .request {
                    try RequestRules.check(&head, limits: self.limits, allowing: self.pathExceptions)
                }
                return true
            }
        }
    }

    private enum Step {
        case needMore
        case line(Int)
        case end(Int)
        case failed(MessageError)
    }

    private mutating func step(_ bytes: UnsafeRawBufferPointer, into head: inout MessageHead) -> Step {
        guard let base = bytes.baseAddress, bytes.count > 0 else { return .needMore }
        if self.consumed == 0, case .startLine = self.state, let error = self.judgeFirst(bytes[0]) {
            return .failed(error)
        }
        let rest = bytes.count - self.searched
        let found = rest > 0 ? memchr(base + self.searched, Int32(UInt8.lineFeed), rest) : nil
        // At a limit a pending CR does not count: it belongs to the line end that is still on its way.
        let end = found.map { base.distance(to: $0) } ?? bytes.count
        let hasReturn = end > 0 && bytes[end - 1] == .carriageReturn
        let line = UnsafeRawBufferPointer(rebasing: bytes[..<(hasReturn ? end - 1 : end)])
        do throws(MessageError) {
            try self.checkLength(of: line)
            guard found != nil else {
                self.searched = bytes.count
                return .needMore
            }
            guard hasReturn else { throw MessageError(.badMessage, "line feed without carriage return") }
            self.searched = 0
            return try self.take(line, into: &head)
        } catch {
            return .failed(error)
        }
    }

    /// Refuses another protocol by its first byte instead of waiting for a line end that never comes.
    private func judgeFirst(_ byte: UInt8) -> MessageError? {
        switch self.kind {
        case .request where byte.isToken || byte == .carriageReturn || byte == .lineFeed: nil
        case .response where byte == UInt8(ascii: "H"): nil
        case .request, .response: MessageError(.badMessage, "not HTTP")
        }
    }

    /// Whichever limit a growing line passes first decides, so that how the bytes were cut makes no difference.
    private func checkLength(of line: UnsafeRawBufferPointer) throws(MessageError) {
        let room = self.limits.head - self.consumed - 2
        let limit: Int
        switch (self.state, self.kind) {
        case (.startLine, .request): limit = self.limits.uri + StartLine.longestFrame
        case (.startLine, .response), (.fields, _): limit = self.limits.field
        }
        guard line.count > min(limit, room) else { return }
        switch self.state {
        case .startLine where self.kind == .response:
            throw MessageError(.badMessage, "status line too long")
        case .startLine where limit <= room && StartLine.reachesTarget(line):
            throw MessageError(.uriTooLong, "request target too long")
        case .startLine where limit <= room:
            throw MessageError(.badMessage, "not a request line")
        case .startLine, .fields:
            throw MessageError(.headTooLarge, "head too large", field: Self.fieldName(in: line))
        }
    }

    private mutating func take(
        _ line: UnsafeRawBufferPointer,
        into head: inout MessageHead
    ) throws(MessageError) -> Step {
        switch self.state {
        case .startLine(let skipped):
            if line.isEmpty {
                guard self.kind == .request, !skipped else {
                    throw MessageError(.badMessage, "empty line before the start line")
                }
                self.state = .startLine(skipped: true)
                return .line(2)
            }
            head.reset()
            switch self.kind {
            case .request: try StartLine.request(line, uriLimit: self.limits.uri, into: &head)
            case .response: try StartLine.status(line, into: &head)
            }
            self.state = .fields
        case .fields:
            if line.isEmpty { return .end(2) }
            guard head.fields.count + head.droppedFields < self.limits.fields else {
                throw MessageError(.headTooLarge, "too many fields", field: Self.fieldName(in: line))
            }
            try FieldLine.take(line, kind: self.kind, into: &head)
        }
        self.consumed += line.count + 2
        return .line(line.count + 2)
    }

    /// What stands before the colon, for the refusal's text.
    private static func fieldName(in line: UnsafeRawBufferPointer) -> String? {
        let name = line.prefix(64).prefix { $0.isToken }
        return name.isEmpty ? nil : String(decoding: name, as: UTF8.self).lowercased()
    }
}
