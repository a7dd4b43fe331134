// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// UTF-8 checked as it comes, wherever it is cut (RFC 3629 §4): a text is refused at its first wrong byte, not at its end.
/// Pure.
struct UTF8Check: Sendable {
    /// Continuation bytes still due, and what the next of them may be.
    private var due = 0
    private var low: UInt8 = 0x80
    private var high: UInt8 = 0xBF

    /// No character is open.
    var isComplete: Bool { due == 0 }

    /// - Returns: false at a byte that no text has there; then it must not be asked again.
    mutating func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index < bytes.count {
            if due == 0, bytes.count - index >= 8, UTF8Check.isASCII(bytes, at: index) {
                index += 8
                continue
            }
            guard take(bytes[index]) else { return false }
            index += 1
        }
        return true
    }

    private static func isASCII(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Bool {
        bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        if due > 0 {
            guard (low...high).contains(byte) else { return false }
            expect(due - 1)
            return true
        }
        switch byte {
        case 0x00...0x7F: break
        case 0xC2...0xDF: expect(1)
        case 0xE0: expect(2, from: 0xA0)  // shorter forms exist
        case 0xED: expect(2, to: 0x9F)  // surrogates
        case 0xE1...0xEF: expect(2)
        case 0xF0: expect(3, from: 0x90)
        case 0xF1...0xF3: expect(3)
        case 0xF4: expect(3, to: 0x8F)  // beyond U+10FFFF
        default: return false
        }
        return true
    }

    private mutating func expect(_ count: Int, from low: UInt8 = 0x80, to high: UInt8 = 0xBF) {
        (due, self.low, self.high) = (count, low, high)
    }
}
