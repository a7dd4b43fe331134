// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// The UTF-8 that a checked string stands for, byte by byte and without allocating: names are compared by it.
struct JSONDecodedBytes: IteratorProtocol {
    private let bytes: UnsafeRawBufferPointer
    private var index: Int
    private let end: Int
    /// Bytes of an escape that are still to be handed out, first one lowest.
    private var pending: UInt32 = 0
    private var pendingCount = 0

    init(_ span: JSONStringSpan, in bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        self.index = span.start
        self.end = span.end
    }

    mutating func next() -> UInt8? {
        if pendingCount > 0 { return takePending() }
        guard index < end else { return nil }
        let byte = bytes[index]
        guard byte == UInt8(ascii: "\\") else {
            index += 1
            return byte
        }
        return unescape()
    }

    private mutating func takePending() -> UInt8 {
        let byte = UInt8(truncatingIfNeeded: pending)
        pending >>= 8
        pendingCount -= 1
        return byte
    }

    private mutating func unescape() -> UInt8? {
        let kind = bytes[index + 1]
        guard kind == UInt8(ascii: "u") else {
            index += 2
            return switch kind {
            case UInt8(ascii: "b"): 0x08
            case UInt8(ascii: "f"): 0x0C
            case UInt8(ascii: "n"): 0x0A
            case UInt8(ascii: "r"): 0x0D
            case UInt8(ascii: "t"): 0x09
            default: kind
            }
        }
        guard let lead = Self.codeUnit(in: bytes, at: index) else { return nil }
        index += 6
        var value = UInt32(lead)
        if UTF16.isLeadSurrogate(lead) {
            guard let trail = Self.codeUnit(in: bytes, at: index) else { return nil }
            index += 6
            value = 0x10000 + (UInt32(lead) - 0xD800) << 10 + (UInt32(trail) - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(value) else { return nil }
        for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
            pending |= UInt32(byte) << (8 * UInt32(pendingCount))
            pendingCount += 1
        }
        return takePending()
    }

    /// The value of `\uXXXX` at `index`, or nil where the digits are missing.
    static func codeUnit(in bytes: UnsafeRawBufferPointer, at index: Int) -> UInt16? {
        guard index + 6 <= bytes.count else { return nil }
        var value: UInt16 = 0
        for byte in bytes[(index + 2)..<(index + 6)] {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            value = value << 4 | UInt16(digit)
        }
        return value
    }
}
