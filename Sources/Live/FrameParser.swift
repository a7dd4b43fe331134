// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import NIOCore

/// Why a client's bytes are refused, with the status to close with (RFC 6455 §7.4.1, live.md §2).
package struct FrameError: Error, Sendable, Hashable {
    package let code: UInt16
    package let reason: String

    static func violation(_ reason: String) -> FrameError { FrameError(code: 1002, reason: reason) }
    static let notUTF8 = FrameError(code: 1007, reason: "invalid UTF-8")
    static let tooBig = FrameError(code: 4009, reason: "too_big")
}

/// Client frames of RFC 6455 §5, incrementally: hand it everything that came, ask until it has nothing. Pure; after an
/// error it must not be asked again.
package struct FrameParser: Sendable {
    package enum Message: Sendable, Equatable {
        case text([UInt8])
        case binary
        case ping(ByteBuffer)
        case pong
        /// nil: a close without a status.
        case close(code: UInt16?)
    }

    private enum Opcode: UInt8 {
        case continuation = 0x0
        case text = 0x1
        case binary = 0x2
        case close = 0x8
        case ping = 0x9
        case pong = 0xA

        var isControl: Bool { rawValue & 0x8 != 0 }
    }

    private struct Header {
        var isFinal: Bool
        var opcode: Opcode
        var length: Int
        var mask: UInt32
        /// Bytes that the header itself takes.
        var size: Int
    }

    /// Of a whole message, all its fragments together.
    private let limit: Int
    private var fragments: [UInt8] = []
    /// The kind of the message whose fragments are coming.
    private var open: Opcode?

    /// - Parameter limit: bytes of one message; 0 stands for 16 MiB, so that nothing is unbounded.
    package init(limit: Int) { self.limit = limit > 0 ? limit : 16 << 20 }

    /// The next whole message, or nil when more bytes are needed; consumes what it returns. A frame is refused by its
    /// header, before its payload is waited for.
    package mutating func next(_ buffer: inout ByteBuffer) throws(FrameError) -> Message? {
        while let header = try FrameParser.header(buffer) {
            try check(header)
            guard buffer.readableBytes >= header.size + header.length else { return nil }
            buffer.moveReaderIndex(forwardBy: header.size)
            guard let masked = buffer.readBytes(length: header.length) else { return nil }
            let payload = FrameParser.unmask(masked, header.mask)
            if let message = try take(header, payload) { return message }
        }
        return nil
    }

    private static func header(_ buffer: ByteBuffer) throws(FrameError) -> Header? {
        let start = buffer.readerIndex
        guard let first = buffer.getInteger(at: start, as: UInt8.self) else { return nil }
        if first & 0x70 != 0 { throw .violation("reserved bit set") }
        guard let opcode = Opcode(rawValue: first & 0x0F) else { throw .violation("reserved opcode") }
        guard let second = buffer.getInteger(at: start + 1, as: UInt8.self) else { return nil }
        if second & 0x80 == 0 { throw .violation("unmasked frame") }
        var length = Int(second & 0x7F)
        if opcode.isControl {
            if first & 0x80 == 0 { throw .violation("fragmented control frame") }
            if length > 125 { throw .violation("control frame too long") }
        }
        var size = 2
        if length == 126 {
            guard let wide = buffer.getInteger(at: start + 2, as: UInt16.self) else { return nil }
            if wide < 126 { throw .violation("length not minimal") }
            (length, size) = (Int(wide), 4)
        } else if length == 127 {
            guard let wide = buffer.getInteger(at: start + 2, as: UInt64.self) else { return nil }
            if wide > UInt64(Int64.max) { throw .violation("length has its top bit set") }
            if wide <= 0xFFFF { throw .violation("length not minimal") }
            (length, size) = (Int(wide), 10)
        }
        guard let mask = buffer.getInteger(at: start + size, as: UInt32.self) else {
            // The length alone may refuse it.
            return Header(isFinal: first & 0x80 != 0, opcode: opcode, length: length, mask: 0, size: size + 4)
        }
        return Header(isFinal: first & 0x80 != 0, opcode: opcode, length: length, mask: mask, size: size + 4)
    }

    private func check(_ header: Header) throws(FrameError) {
        guard !header.opcode.isControl else { return }
        switch (header.opcode, open) {
        case (.continuation, nil): throw .violation("continuation without a start")
        case (.text, .some), (.binary, .some): throw .violation("new message within a fragmented one")
        default: break
        }
        if header.length > limit - fragments.count { throw .tooBig }
    }

    private mutating func take(_ header: Header, _ payload: [UInt8]) throws(FrameError) -> Message? {
        switch header.opcode {
        case .ping: return .ping(ByteBuffer(bytes: payload))
        case .pong: return .pong
        case .close: return try FrameParser.close(payload)
        case .text, .binary:
            guard header.isFinal else {
                (open, fragments) = (header.opcode, payload)
                return nil
            }
            return try FrameParser.message(header.opcode, payload)
        case .continuation:
            fragments += payload
            guard header.isFinal, let kind = open else { return nil }
            let whole = fragments
            (open, fragments) = (nil, [])
            return try FrameParser.message(kind, whole)
        }
    }

    private static func message(_ kind: Opcode, _ bytes: [UInt8]) throws(FrameError) -> Message {
        guard kind == .text else { return .binary }
        guard isUTF8(bytes[...]) else { throw .notUTF8 }
        return .text(bytes)
    }

    private static func close(_ payload: [UInt8]) throws(FrameError) -> Message {
        if payload.isEmpty { return .close(code: nil) }
        guard payload.count >= 2 else { throw .violation("close payload of one byte") }
        let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
        guard isSendable(code) else { throw .violation("close code \(code)") }
        guard isUTF8(payload[2...]) else { throw .notUTF8 }
        return .close(code: code)
    }

    /// RFC 6455 §7.4, and the codes registered with IANA since.
    private static func isSendable(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    private static func isUTF8(_ bytes: ArraySlice<UInt8>) -> Bool { String(validating: bytes, as: UTF8.self) != nil }

    private static func unmask(_ bytes: [UInt8], _ mask: UInt32) -> [UInt8] {
        var bytes = bytes
        let keys = (UInt8(mask >> 24), UInt8(mask >> 16 & 0xFF), UInt8(mask >> 8 & 0xFF), UInt8(mask & 0xFF))
        for index in bytes.indices {
            switch index & 3 {
            case 0: bytes[index] ^= keys.0
            case 1: bytes[index] ^= keys.1
            case 2: bytes[index] ^= keys.2
            default: bytes[index] ^= keys.3
            }
        }
        return bytes
    }
}
