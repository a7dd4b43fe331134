// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore

/// 128 bits that name one request: `x-request-id`, `instance` in problem documents, and the trace id of `traceparent`
/// (W3C Trace Context §3.2.2.3), which is restarted here. No secret: a generator seeded per loop makes it.
package struct RequestID: Sendable, Hashable, CustomStringConvertible {
    let high: UInt64
    let low: UInt64

    /// SplitMix64. Loop-bound.
    struct Generator {
        private var state: UInt64

        init(seed: UInt64) { self.state = seed }

        mutating func next() -> RequestID { RequestID(high: self.word(), low: self.word() | 1) }

        mutating func word() -> UInt64 {
            self.state &+= 0x9E37_79B9_7F4A_7C15
            var value = self.state
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return value ^ (value >> 31)
        }
    }

    /// 32 lower-case hexadecimal digits.
    package var description: String {
        String(unsafeUninitializedCapacity: 32) { bytes in
            for index in 0..<16 {
                bytes[index] = Self.digit(self.high >> UInt64(60 - index * 4))
                bytes[16 + index] = Self.digit(self.low >> UInt64(60 - index * 4))
            }
            return 32
        }
    }

    func write(into buffer: inout ByteBuffer) {
        Self.write(self.high, into: &buffer)
        Self.write(self.low, into: &buffer)
    }

    static func write(_ word: UInt64, into buffer: inout ByteBuffer) {
        buffer.writeInteger(Self.digits(UInt32(truncatingIfNeeded: word >> 32)))
        buffer.writeInteger(Self.digits(UInt32(truncatingIfNeeded: word)))
    }

    /// Eight digits at once: each nibble spread into a byte, and those above 9 moved up to the letters.
    private static func digits(_ word: UInt32) -> UInt64 {
        var spread = UInt64(word)
        spread = (spread | spread << 16) & 0x0000_FFFF_0000_FFFF
        spread = (spread | spread << 8) & 0x00FF_00FF_00FF_00FF
        spread = (spread | spread << 4) & 0x0F0F_0F0F_0F0F_0F0F
        let letters = (spread + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return spread + 0x3030_3030_3030_3030 + letters * 0x27
    }

    private static func digit(_ value: UInt64) -> UInt8 {
        let nibble = UInt8(truncatingIfNeeded: value & 0xF)
        return nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }
}
