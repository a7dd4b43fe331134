// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore
internal import Wire

/// How frames stand in the bytes of one transport.
enum FrameStyle: Sendable {
    /// As they are in the ring. Long-polls take this too and unwrap it.
    case webSocket
    case eventStream
}

/// Collects frames of the ring as one transport writes them. Loop-bound; keeps its memory between uses.
struct FrameOutput {
    let style: FrameStyle
    private(set) var buffer = ByteBuffer()
    private var payload = ByteBuffer()

    init(style: FrameStyle) { self.style = style }

    var count: Int { buffer.readableBytes }

    /// Reuses the memory unless a socket still holds a slice of it.
    mutating func clear() { buffer.clear() }

    /// `frame`: a finished WebSocket frame, unmasked.
    mutating func append(_ frame: UnsafeRawBufferPointer, id: Cursor?) {
        switch style {
        case .webSocket:
            buffer.writeBytes(frame)
        case .eventStream:
            payload.clear()
            payload.writeBytes(UnsafeRawBufferPointer(rebasing: frame[FrameOutput.headerLength(of: frame)...]))
            ServerFrame.sseEvent(id: id, frame: payload, into: &buffer)
        }
    }

    /// Of an unmasked frame (RFC 6455 §5.2).
    static func headerLength(of frame: UnsafeRawBufferPointer) -> Int {
        switch frame[1] {
        case 126: 4
        case 127: 10
        default: 2
        }
    }
}
