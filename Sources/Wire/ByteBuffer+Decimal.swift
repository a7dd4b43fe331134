// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore

extension ByteBuffer {
    /// At most 20 digits, no allocation beyond the buffer's own growth.
    mutating func writeDecimal(_ value: some BinaryInteger & FixedWidthInteger & UnsignedInteger) {
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var first = 20
        var rest = UInt64(value)
        repeat {
            first -= 1
            digits[first] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        } while rest > 0
        unsafe writeWithUnsafeMutableBytes(minimumWritableBytes: 20) { target in
            for index in first..<20 { unsafe target[index - first] = digits[index] }
            return 20 - first
        }
    }
}
