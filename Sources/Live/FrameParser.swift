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

/// Client frames of RFC 6455 §5, incrementally: hand it everything that came, ask until it has nothing. Payloads are
/// taken as they come, so that a long frame is held once and a wrong byte in it is refused at once. Pure; after an error
/// it must not be asked again.
package struct FrameParser: Sendable {
    package enum Message: Sendable, Equatable {
        case text([UInt8])
        case binary([UInt8])
        case ping(ByteBuffer)
        case pong
        /// nil: a close without a status.
        case close(code: UInt16?)
    }

    /// The frame whose payload is coming.
    private struct Frame {
        let header: FrameHeader
        var taken = 0

        var missing: Int { header.length - taken }
    }

    /// Of a whole message, all its fragments together.
    private let limit: Int
    private var frame: Frame?
    /// The kind of the data message that has begun, whether in one frame or in fragments.
    private var open: FrameHeader.Opcode?
    private var message: [UInt8] = []
    private var control: [UInt8] = []
    private var text = UTF8Check()

    /// - Parameter limit: bytes of one message; 0 stands for 16 MiB, so that nothing is unbounded.
    package init(limit: Int) { self.limit = limit > 0 ? limit : 16 << 20 }

    /// The next whole message, or nil when more bytes are needed; consumes what it has understood. A frame is refused by
    /// its header, before its payload is waited for.
    package mutating func next(_ buffer: inout ByteBuffer) throws(FrameError) -> Message? {
        while try begin(&buffer) {
            try take(&buffer)
            guard let frame, frame.missing == 0 else { return nil }
            self.frame = nil
            if let message = try end(frame.header) { return message }
        }
        return nil
    }

    /// - Returns: false when the header is not complete.
    private mutating func begin(_ buffer: inout ByteBuffer) throws(FrameError) -> Bool {
        if frame != nil { return true }
        guard let header = try FrameHeader(buffer) else { return false }
        // The length alone may refuse it, whether its mask has come or not.
        try check(header)
        guard buffer.readableBytes >= header.size else { return false }
        buffer.moveReaderIndex(forwardBy: header.size)
        frame = Frame(header: header)
        if header.opcode == .text || header.opcode == .binary { open = header.opcode }
        return true
    }

    private func check(_ header: FrameHeader) throws(FrameError) {
        guard !header.opcode.isControl else { return }
        switch (header.opcode, open) {
        case (.continuation, nil): throw .violation("continuation without a start")
        case (.text, .some), (.binary, .some): throw .violation("new message within a fragmented one")
        default: break
        }
        if header.length > limit - message.count { throw .tooBig }
    }

    private mutating func take(_ buffer: inout ByteBuffer) throws(FrameError) {
        guard let frame else { return }
        let count = min(frame.missing, buffer.readableBytes)
        guard count > 0 else { return }
        let mask = frame.header.mask(from: frame.taken)
        let isText = !frame.header.opcode.isControl && open == .text
        let isValid = buffer.readWithUnsafeReadableBytes { readable in
            let bytes = UnsafeRawBufferPointer(rebasing: readable[..<count])
            guard !frame.header.opcode.isControl else {
                FrameParser.append(bytes, to: &control, mask: mask)
                return (count, true)
            }
            let start = message.count
            FrameParser.append(bytes, to: &message, mask: mask)
            guard isText else { return (count, true) }
            return (count, message.withUnsafeBytes { text.take(UnsafeRawBufferPointer(rebasing: $0[start...])) })
        }
        self.frame?.taken += count
        guard isValid else { throw .notUTF8 }
    }

    private mutating func end(_ header: FrameHeader) throws(FrameError) -> Message? {
        guard !header.opcode.isControl else { return try endControl(header.opcode) }
        guard header.isFinal, let kind = open else { return nil }
        guard text.isComplete else { throw .notUTF8 }
        let whole = message
        (open, message) = (nil, [])
        return kind == .text ? .text(whole) : .binary(whole)
    }

    private mutating func endControl(_ opcode: FrameHeader.Opcode) throws(FrameError) -> Message {
        let payload = control
        control = []
        switch opcode {
        case .ping: return .ping(ByteBuffer(bytes: payload))
        case .close: return try FrameParser.close(payload)
        default: return .pong
        }
    }

    private static func close(_ payload: [UInt8]) throws(FrameError) -> Message {
        if payload.isEmpty { return .close(code: nil) }
        guard payload.count >= 2 else { throw .violation("close payload of one byte") }
        let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
        guard isSendable(code) else { throw .violation("close code \(code)") }
        var reason = UTF8Check()
        let isText = payload.withUnsafeBytes { reason.take(UnsafeRawBufferPointer(rebasing: $0[2...])) }
        guard isText, reason.isComplete else { throw .notUTF8 }
        return .close(code: code)
    }

    /// RFC 6455 §7.4, and the codes registered with IANA since.
    private static func isSendable(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    /// Unmasks eight bytes at a time. `mask`: its four bytes in order, the first in the lowest place.
    private static func append(_ bytes: UnsafeRawBufferPointer, to output: inout [UInt8], mask: UInt32) {
        let start = output.count
        output.append(contentsOf: bytes)
        output.withUnsafeMutableBytes { output in
            let wide = (UInt64(mask) << 32 | UInt64(mask)).littleEndian
            var (index, rest) = (start, mask)
            while index + 8 <= output.count {
                let word = output.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                output.storeBytes(of: word ^ wide, toByteOffset: index, as: UInt64.self)
                index += 8
            }
            while index < output.count {
                output[index] ^= UInt8(truncatingIfNeeded: rest)
                rest = rest >> 8 | rest << 24
                index += 1
            }
        }
    }
}
