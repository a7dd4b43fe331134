// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import NIOCore

@testable import HTTPMessages

/// Parses one head, whole or in pieces. Nil: incomplete.
func parse(
    _ bytes: [UInt8],
    as kind: HTTP1HeadParser.Kind,
    limits: HeadLimits = .init(),
    pieceSize: Int = .max
) throws(MessageError) -> MessageHead? {
    var parser = HTTP1HeadParser(kind, limits: limits)
    var head = MessageHead()
    var buffer = ByteBuffer()
    var rest = bytes[...]
    while !rest.isEmpty {
        buffer.writeBytes(rest.prefix(pieceSize))
        rest = rest.dropFirst(pieceSize)
        if try parser.parse(&buffer, into: &head) { return head }
    }
    return nil
}

enum Outcome: Equatable {
    case accepted(String)
    case incomplete
    case refused(MessageError)
}

func outcome(
    _ bytes: [UInt8],
    as kind: HTTP1HeadParser.Kind = .request,
    limits: HeadLimits = .init(),
    pieceSize: Int = .max
) -> Outcome {
    do throws(MessageError) {
        return try parse(bytes, as: kind, limits: limits, pieceSize: pieceSize).map { .accepted(text($0)) }
            ?? .incomplete
    } catch {
        return .refused(error)
    }
}

/// The whole content of a head, so that two can be compared.
func text(_ head: MessageHead) -> String {
    var lines = ["\(head.status) \(head.method) \(string(head.target)) \(head.version) -\(head.droppedFields)"]
    for field in head.fields {
        lines.append("\(field.id) \(string(head.name(field)))=\(string(head.value(field)))")
    }
    return lines.joined(separator: "\n")
}

func string(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

func request(_ line: String = "GET / HTTP/1.1", _ fields: String...) -> [UInt8] {
    Array(([line, "Host: a.example"] + fields).joined(separator: "\r\n").utf8) + Array("\r\n\r\n".utf8)
}

func code(_ bytes: [UInt8], as kind: HTTP1HeadParser.Kind = .request, limits: HeadLimits = .init()) -> MessageError
    .Code?
{
    if case .refused(let error) = outcome(bytes, as: kind, limits: limits) { error.code } else { nil }
}
