// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore

/// Frames as bytes, one behind the other in the buffer that leaves as one write.
enum FrameWriter {
    static func header(
        _ kind: FrameHeader.Kind,
        length: Int,
        flags: UInt8 = 0,
        stream: UInt32,
        into buffer: inout ByteBuffer
    ) {
        buffer.writeMultipleIntegers(
            UInt16(truncatingIfNeeded: length >> 8),
            UInt8(truncatingIfNeeded: length),
            kind.rawValue,
            flags,
            stream
        )
    }

    /// HEADERS, and CONTINUATION where one frame does not hold what `encode` writes.
    static func headers(
        stream: UInt32,
        endStream: Bool,
        into buffer: inout ByteBuffer,
        encode: (inout ByteBuffer) -> Void
    ) {
        let start = buffer.writerIndex
        let flags = endStream ? FrameHeader.Flag.endStream : 0
        Self.header(.headers, length: 0, flags: flags | FrameHeader.Flag.endHeaders, stream: stream, into: &buffer)
        let block = buffer.writerIndex
        encode(&buffer)
        let length = buffer.writerIndex - block
        if length <= FrameReader.maximumLength {
            buffer.setInteger(UInt16(truncatingIfNeeded: length >> 8), at: start)
            buffer.setInteger(UInt8(truncatingIfNeeded: length), at: start + 2)
            return
        }
        guard var rest = buffer.getSlice(at: block, length: length) else { return }
        buffer.moveWriterIndex(to: start)
        var kind = FrameHeader.Kind.headers
        while rest.readableBytes > 0 {
            let count = min(rest.readableBytes, FrameReader.maximumLength)
            let isLast = count == rest.readableBytes
            let flags = (kind == .headers ? flags : 0) | (isLast ? FrameHeader.Flag.endHeaders : 0)
            Self.header(kind, length: count, flags: flags, stream: stream, into: &buffer)
            if var piece = rest.readSlice(length: count) { buffer.writeBuffer(&piece) }
            kind = .continuation
        }
    }

    static func data(_ bytes: ByteBuffer, endStream: Bool, stream: UInt32, into buffer: inout ByteBuffer) {
        let flags = endStream ? FrameHeader.Flag.endStream : 0
        Self.header(.data, length: bytes.readableBytes, flags: flags, stream: stream, into: &buffer)
        buffer.writeImmutableBuffer(bytes)
    }

    static func reset(_ stream: UInt32, _ code: HTTP2Code, into buffer: inout ByteBuffer) {
        Self.header(.reset, length: 4, stream: stream, into: &buffer)
        buffer.writeInteger(code.rawValue)
    }

    static func settings(_ settings: [(id: HTTP2Setting, value: UInt32)], into buffer: inout ByteBuffer) {
        Self.header(.settings, length: settings.count * 6, stream: 0, into: &buffer)
        for (id, value) in settings { buffer.writeMultipleIntegers(id.rawValue, value) }
    }

    static func settingsAck(into buffer: inout ByteBuffer) {
        Self.header(.settings, length: 0, flags: FrameHeader.Flag.ack, stream: 0, into: &buffer)
    }

    static func ping(_ word: UInt64, ack: Bool, into buffer: inout ByteBuffer) {
        Self.header(.ping, length: 8, flags: ack ? FrameHeader.Flag.ack : 0, stream: 0, into: &buffer)
        buffer.writeInteger(word)
    }

    static func goAway(last: UInt32, _ code: HTTP2Code, into buffer: inout ByteBuffer) {
        Self.header(.goAway, length: 8, stream: 0, into: &buffer)
        buffer.writeMultipleIntegers(last, code.rawValue)
    }

    /// - Parameter stream: 0: the connection's window.
    static func windowUpdate(_ stream: UInt32, _ increment: Int, into buffer: inout ByteBuffer) {
        Self.header(.windowUpdate, length: 4, stream: stream, into: &buffer)
        buffer.writeInteger(UInt32(increment))
    }
}

/// RFC 9113 §6.5.2 and RFC 9218 §2.1.
enum HTTP2Setting: UInt16 {
    case headerTableSize = 1, enablePush, maxConcurrentStreams, initialWindowSize, maxFrameSize, maxHeaderListSize
    case noPriorities = 9
}
