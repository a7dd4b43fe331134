// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import NIOCore
internal import Wire

/// Answers each message with itself: what stands behind a `WebSocketHandler` in `live-echo`. The caps are those of
/// `live.limits`, all off by default.
package struct WebSocketEcho: Sendable {
    /// Bytes of one message; 0: the parser's own bound of 16 MiB.
    package var messageLimit: Int
    /// Bytes a peer may leave unread before it is no longer listened to.
    package var inFlight: Int
    /// How long the peer's half of a close is waited for.
    package var closeTimeout: TimeAmount

    package init(messageLimit: Int = 0, inFlight: Int = 1 << 20, closeTimeout: TimeAmount = .seconds(5)) {
        self.messageLimit = messageLimit
        self.inFlight = inFlight
        self.closeTimeout = closeTimeout
    }

    /// The finished frame; nil for what is not answered.
    func answer(_ message: FrameParser.Message) -> ByteBuffer? {
        var frame = ByteBuffer()
        switch message {
        case .text(let bytes):
            frame.reserveCapacity(bytes.count + 10)
            WebSocketFraming.writeTextHeader(length: bytes.count, into: &frame)
            frame.writeBytes(bytes)
        case .binary(let bytes):
            frame.reserveCapacity(bytes.count + 10)
            WebSocketFraming.writeBinaryHeader(length: bytes.count, into: &frame)
            frame.writeBytes(bytes)
        case .ping, .pong, .close:
            return nil
        }
        return frame
    }
}
