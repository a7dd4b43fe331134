// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore

/// What stands before the payload of a client's frame (RFC 6455 §5.2), refused where it breaks a rule by itself.
struct FrameHeader: Sendable {
    enum Opcode: UInt8, Sendable {
        case continuation = 0x0
        case text = 0x1
        case binary = 0x2
        case close = 0x8
        case ping = 0x9
        case pong = 0xA

        var isControl: Bool { rawValue & 0x8 != 0 }
    }

    let isFinal: Bool
    let opcode: Opcode
    /// Of the payload.
    let length: Int
    /// Bytes that the header itself takes, the mask included.
    let size: Int
    /// Its first byte in the lowest place; 0 until all of the header has come.
    private let mask: UInt32

    /// nil: more bytes are needed to tell the length.
    init?(_ buffer: ByteBuffer) throws(FrameError) {
        let start = buffer.readerIndex
        guard let first = buffer.getInteger(at: start, as: UInt8.self) else { return nil }
        if first & 0x70 != 0 { throw .violation("reserved bit set") }
        guard let opcode = Opcode(rawValue: first & 0x0F) else { throw .violation("reserved opcode") }
        guard let second = buffer.getInteger(at: start + 1, as: UInt8.self) else { return nil }
        if second & 0x80 == 0 { throw .violation("unmasked frame") }
        if opcode.isControl {
            if first & 0x80 == 0 { throw .violation("fragmented control frame") }
            if second & 0x7F > 125 { throw .violation("control frame too long") }
        }
        guard let (length, lengthSize) = try FrameHeader.length(second & 0x7F, buffer) else { return nil }
        isFinal = first & 0x80 != 0
        self.opcode = opcode
        self.length = length
        size = 2 + lengthSize + 4
        mask = buffer.getInteger(at: start + 2 + lengthSize, endianness: .little, as: UInt32.self) ?? 0
    }

    /// The mask as it applies to the payload from that byte on.
    func mask(from byte: Int) -> UInt32 {
        let shift = UInt32(byte & 3) * 8
        return shift == 0 ? mask : mask >> shift | mask << (32 - shift)
    }

    private static func length(_ short: UInt8, _ buffer: ByteBuffer) throws(FrameError) -> (Int, size: Int)? {
        let place = buffer.readerIndex + 2
        switch short {
        case 126:
            guard let wide = buffer.getInteger(at: place, as: UInt16.self) else { return nil }
            if wide < 126 { throw .violation("length not minimal") }
            return (Int(wide), 2)
        case 127:
            guard let wide = buffer.getInteger(at: place, as: UInt64.self) else { return nil }
            if wide > UInt64(Int64.max) { throw .violation("length has its top bit set") }
            if wide <= 0xFFFF { throw .violation("length not minimal") }
            return (Int(wide), 8)
        default:
            return (Int(short), 0)
        }
    }
}
