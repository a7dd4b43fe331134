// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore

/// A client's bytes → frames. Pure; what is incomplete stays in the buffer, at most one frame of it.
struct FrameReader {
    struct Frame {
        let header: FrameHeader
        /// A slice of the bytes read, padding and all.
        var payload: ByteBuffer
    }

    /// SETTINGS_MAX_FRAME_SIZE: we leave it at its least.
    static let maximumLength = 16_384
    static let preface: StaticString = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

    private var hasPreface = false
    /// Left of a DATA frame that is handed on as it comes.
    private var rest: FrameHeader?

    /// Within a DATA frame of which a part was handed on.
    var isInData: Bool { self.rest != nil }

    /// What has begun is something that must be whole before anything can be done: it may not take for ever.
    func isHeadIncomplete(_ bytes: borrowing ByteBuffer) -> Bool {
        guard self.hasPreface else { return true }
        guard bytes.readableBytes > 0 else { return false }
        let kind = bytes.getInteger(at: bytes.readerIndex + 3, as: UInt8.self)
        return kind != FrameHeader.Kind.data.rawValue
    }

    /// The next frame; `nil` while it is not whole. A frame that is too long is refused by its header. A DATA frame comes in
    /// as many as its bytes do: a slow body must not wait for 16 KiB.
    mutating func next(_ bytes: inout ByteBuffer) throws(HTTP2Fault) -> Frame? {
        if !self.hasPreface {
            guard try Self.readPreface(&bytes) else { return nil }
            self.hasPreface = true
        }
        if let rest { return self.next(of: rest, &bytes) }
        guard
            let (high, low, kind, flags, stream) = bytes.getMultipleIntegers(
                at: bytes.readerIndex,
                as: (UInt16, UInt8, UInt8, UInt8, UInt32).self
            )
        else { return nil }
        let header = FrameHeader(
            length: Int(high) << 8 | Int(low),
            kind: FrameHeader.Kind(rawValue: kind),
            flags: flags,
            stream: stream & 0x7FFF_FFFF
        )
        guard header.length <= Self.maximumLength else { throw HTTP2Fault(.frameSizeError) }
        if bytes.readableBytes < FrameHeader.size + header.length {
            guard header.kind == .data, header.stream != 0, !header.has(FrameHeader.Flag.padded),
                bytes.readableBytes > FrameHeader.size
            else { return nil }
            bytes.moveReaderIndex(forwardBy: FrameHeader.size)
            return self.next(of: header, &bytes)
        }
        bytes.moveReaderIndex(forwardBy: FrameHeader.size)
        guard let payload = bytes.readSlice(length: header.length) else { return nil }
        return Frame(header: header, payload: payload)
    }

    private mutating func next(of header: FrameHeader, _ bytes: inout ByteBuffer) -> Frame? {
        var piece = header
        piece.length = min(header.length, bytes.readableBytes)
        guard piece.length > 0, let payload = bytes.readSlice(length: piece.length) else { return nil }
        self.rest = nil
        if piece.length < header.length {
            piece.flags &= ~FrameHeader.Flag.endStream
            var rest = header
            rest.length -= piece.length
            self.rest = rest
        }
        return Frame(header: piece, payload: payload)
    }

    /// Refused at its first wrong byte (RFC 9113 §3.4).
    private static func readPreface(_ bytes: inout ByteBuffer) throws(HTTP2Fault) -> Bool {
        let count = min(bytes.readableBytes, self.preface.utf8CodeUnitCount)
        let expected = UnsafeBufferPointer(start: self.preface.utf8Start, count: count)
        guard bytes.readableBytesView.prefix(count).elementsEqual(expected) else { throw HTTP2Fault(.protocolError) }
        guard count == self.preface.utf8CodeUnitCount else { return false }
        bytes.moveReaderIndex(forwardBy: count)
        return true
    }
}

extension FrameReader.Frame {
    /// Cuts padding and priority away (RFC 9113 §6.1, §6.2).
    mutating func trim() throws(HTTP2Fault) {
        if self.header.has(FrameHeader.Flag.padded) {
            guard let padding = self.payload.readInteger(as: UInt8.self) else { throw HTTP2Fault(.frameSizeError) }
            guard self.payload.readableBytes >= Int(padding) else { throw HTTP2Fault(.protocolError) }
            self.payload.moveWriterIndex(to: self.payload.writerIndex - Int(padding))
        }
        if self.header.kind == .headers, self.header.has(FrameHeader.Flag.priority) {
            guard self.payload.readableBytes >= 5 else { throw HTTP2Fault(.frameSizeError) }
            self.payload.moveReaderIndex(forwardBy: 5)
        }
    }
}
