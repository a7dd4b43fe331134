// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore

/// Writes field blocks (RFC 7541 §6) by the static table alone: without a table of our own a connection holds no state of its
/// client's choosing, and no block depends on another.
enum FieldBlockEncoder {
    /// Tells the client to empty the table that it keeps for us. First in a block.
    static func emptyTable(into buffer: inout ByteBuffer) { buffer.writeInteger(0x20 as UInt8) }

    static func status(_ status: Int, into buffer: inout ByteBuffer) {
        switch status {
        case 200: buffer.writeInteger(0x88 as UInt8)
        case 204: buffer.writeInteger(0x89 as UInt8)
        case 206: buffer.writeInteger(0x8A as UInt8)
        case 304: buffer.writeInteger(0x8B as UInt8)
        case 400: buffer.writeInteger(0x8C as UInt8)
        case 404: buffer.writeInteger(0x8D as UInt8)
        case 500: buffer.writeInteger(0x8E as UInt8)
        default:
            buffer.writeMultipleIntegers(0x08 as UInt8, 0x03 as UInt8)
            buffer.writeString(String(status))
        }
    }

    static func contentLength(_ length: Int, into buffer: inout ByteBuffer) {
        buffer.writeMultipleIntegers(0x0F as UInt8, 0x0D as UInt8)  // 28
        let digits = String(length)
        buffer.writeInteger(UInt8(digits.utf8.count))
        buffer.writeString(digits)
    }

    /// A value with a control character is not written: whoever speaks HTTP/1.1 behind the client would end a line by it.
    static func field(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>, into buffer: inout ByteBuffer) {
        let index = StaticTable.index(of: name)
        // Never to be indexed on the way either (§7.1.3).
        let pattern: UInt8 = index == Self.setCookie ? 0x10 : 0x00
        value.withUnsafeBufferPointer { value in
            var control = false
            for byte in value { control = control || (byte < 0x20 && byte != 0x09) || byte == 0x7F }
            guard !control else { return }
            if index == 0 {
                buffer.writeInteger(0x00 as UInt8)
                Self.integer(name.count, prefix: 7, into: &buffer)
                buffer.writeBytes(name)
            } else {
                Self.integer(Int(index), prefix: 4, pattern: pattern, into: &buffer)
            }
            Self.integer(value.count, prefix: 7, into: &buffer)
            buffer.writeBytes(UnsafeRawBufferPointer(value))
        }
    }

    /// RFC 7541 §5.1.
    static func integer(_ value: Int, prefix: Int, pattern: UInt8 = 0, into buffer: inout ByteBuffer) {
        let mask = (1 << prefix) - 1
        guard value >= mask else {
            buffer.writeInteger(pattern | UInt8(value))
            return
        }
        buffer.writeInteger(pattern | UInt8(mask))
        var rest = value - mask
        while rest >= 128 {
            buffer.writeInteger(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        buffer.writeInteger(UInt8(rest))
    }

    private static let setCookie: UInt8 = 55
}
