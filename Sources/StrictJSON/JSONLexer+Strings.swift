// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// A string in the document, checked but not decoded.
struct JSONStringSpan {
    /// Between the quotes.
    var start = 0
    var end = 0
    var isEscaped = false
}

extension JSONLexer {
    /// Called at the opening quote.
    mutating func string() throws(JSONError) -> JSONStringSpan {
        var index = position + 1
        var span = JSONStringSpan(start: index)
        while true {
            index = plainASCII(from: index)
            guard index < bytes.count else { throw JSONError(.endOfInput, offset: bytes.count) }
            switch bytes[index] {
            case UInt8(ascii: "\""):
                span.end = index
                advance(to: index + 1)
                return span
            case UInt8(ascii: "\\"):
                span.isEscaped = true
                index = try escape(at: index)
            case 0x00..<0x20:
                throw JSONError(.controlCharacter, offset: index)
            default:
                index = try scalar(at: index)
            }
        }
    }

    /// Skips bytes that need no thought, eight at a time: not a quote, backslash, control character or part of a
    /// longer sequence. Each test sets the top bit of the bytes concerned; borrows can only add false alarms to the
    /// bytes above a true one, and the first alarm ends the loop.
    private func plainASCII(from start: Int) -> Int {
        var index = start
        while index + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let quote = word ^ 0x2222_2222_2222_2222
            let backslash = word ^ 0x5C5C_5C5C_5C5C_5C5C
            let found =
                (word | (word &- 0x2020_2020_2020_2020) | (quote &- 0x0101_0101_0101_0101)
                    | (backslash &- 0x0101_0101_0101_0101)) & 0x8080_8080_8080_8080
            if found != 0 { break }
            index += 8
        }
        while index < bytes.count {
            let byte = bytes[index]
            if byte < 0x20 || byte >= 0x80 || byte == 0x22 || byte == 0x5C { break }
            index += 1
        }
        return index
    }

    /// One well-formed sequence of two to four bytes (Unicode 16, table 3-7). Returns the index after it.
    private func scalar(at index: Int) throws(JSONError) -> Int {
        func continuation(_ offset: Int, _ range: ClosedRange<UInt8> = 0x80...0xBF) throws(JSONError) {
            guard index + offset < bytes.count, range.contains(bytes[index + offset]) else {
                throw JSONError(.invalidUTF8, offset: index)
            }
        }
        switch bytes[index] {
        case 0xC2...0xDF:
            try continuation(1)
            return index + 2
        case 0xE0...0xEF:
            let range: ClosedRange<UInt8> =
                switch bytes[index] {
                case 0xE0: 0xA0...0xBF
                case 0xED: 0x80...0x9F
                default: 0x80...0xBF
                }
            try continuation(1, range)
            try continuation(2)
            return index + 3
        case 0xF0...0xF4:
            let range: ClosedRange<UInt8> =
                switch bytes[index] {
                case 0xF0: 0x90...0xBF
                case 0xF4: 0x80...0x8F
                default: 0x80...0xBF
                }
            try continuation(1, range)
            try continuation(2)
            try continuation(3)
            return index + 4
        default:
            throw JSONError(.invalidUTF8, offset: index)
        }
    }

    /// Called at the backslash. Returns the index after the escape, or after the pair of them.
    private func escape(at index: Int) throws(JSONError) -> Int {
        guard index + 1 < bytes.count else { throw JSONError(.endOfInput, offset: bytes.count) }
        switch bytes[index + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return index + 2
        case UInt8(ascii: "u"):
            let unit = try codeUnit(at: index)
            if UTF16.isTrailSurrogate(unit) { throw JSONError(.loneSurrogate, offset: index) }
            guard UTF16.isLeadSurrogate(unit) else { return index + 6 }
            guard index + 7 < bytes.count, bytes[index + 6] == UInt8(ascii: "\\"),
                bytes[index + 7] == UInt8(ascii: "u"),
                UTF16.isTrailSurrogate(try codeUnit(at: index + 6))
            else { throw JSONError(.loneSurrogate, offset: index) }
            return index + 12
        default:
            throw JSONError(.invalidEscape, offset: index)
        }
    }

    /// The four digits of `\uXXXX` that starts at `index`.
    private func codeUnit(at index: Int) throws(JSONError) -> UInt16 {
        guard let unit = JSONDecodedBytes.codeUnit(in: bytes, at: index) else {
            throw JSONError(.invalidEscape, offset: index)
        }
        return unit
    }

    func text(of span: JSONStringSpan) -> String {
        let raw = UnsafeRawBufferPointer(rebasing: bytes[span.start..<span.end])
        guard span.isEscaped else { return String(decoding: raw, as: UTF8.self) }
        var decoded = JSONDecodedBytes(span, in: bytes)
        var utf8: [UInt8] = []
        utf8.reserveCapacity(raw.count)
        while let byte = decoded.next() { utf8.append(byte) }
        return String(decoding: utf8, as: UTF8.self)
    }
}
