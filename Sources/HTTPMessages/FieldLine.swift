// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// One field line (RFC 9112 §5), given without its line end.
enum FieldLine {
    static func take(
        _ line: UnsafeRawBufferPointer,
        kind: HTTP1HeadParser.Kind,
        into head: inout MessageHead
    ) throws(MessageError) {
        let name = try Self.name(of: line)
        let value = Self.trimmed(line, from: name + 1)
        let mark = head.bytes.count
        head.bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: line[..<name]))
        head.bytes.withUnsafeMutableBufferPointer { bytes in
            for index in mark..<(mark + name) { bytes[index] = bytes[index].lowercased }
        }
        head.bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: line[value]))
        switch Self.judge(line, in: value) {
        case .text:
            head.recordField(name: mark..<(mark + name), value: (mark + name)..<head.bytes.count)
        case .control:
            throw MessageError(
                .badMessage,
                "control character in a field value",
                field: Self.text(head.bytes[mark..<(mark + name)])
            )
        case .high where kind == .request:
            throw MessageError(
                .badMessage,
                "byte above 0x7E in a field value",
                field: Self.text(head.bytes[mark..<(mark + name)])
            )
        case .high:
            // Left out and counted, unless leaving it out would change where the message ends.
            switch FieldID.of(head.bytes[mark..<(mark + name)]) {
            case .contentLength, .transferEncoding, .connection:
                throw MessageError(.badMessage, "byte above 0x7E in a framing field")
            default:
                head.truncate(to: mark)
                head.droppedFields += 1
            }
        }
    }

    /// The length of the name, that is, the index of the colon.
    static func name(of line: UnsafeRawBufferPointer) throws(MessageError) -> Int {
        var index = 0
        while index < line.count, line[index].isToken { index += 1 }
        guard index < line.count else { throw MessageError(.badMessage, "field line without a colon") }
        if index == 0, line[0].isBlank { throw MessageError(.badMessage, "folded line") }
        if line[index].isBlank { throw MessageError(.badMessage, "blank before a colon") }
        guard index > 0, line[index] == UInt8(ascii: ":") else {
            throw MessageError(.badMessage, "byte not allowed in a field name")
        }
        return index
    }

    private static func trimmed(_ line: UnsafeRawBufferPointer, from start: Int) -> Range<Int> {
        var start = start
        var end = line.count
        while start < end, line[start].isBlank { start += 1 }
        while end > start, line[end - 1].isBlank { end -= 1 }
        return start..<end
    }

    enum Verdict {
        case text, control, high
    }

    /// No early exit: nearly every value is plain text, and a loop without branches is vectorised.
    static func judge(_ bytes: UnsafeRawBufferPointer, in range: Range<Int>) -> Verdict {
        var control = false
        var high = false
        for index in range {
            let byte = bytes[index]
            control = control || (byte < 0x20 && byte != .tab)
            high = high || byte >= 0x7F
        }
        return control ? .control : high ? .high : .text
    }

    private static func text(_ name: ArraySlice<UInt8>) -> String { String(decoding: name.prefix(64), as: UTF8.self) }
}
