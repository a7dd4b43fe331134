// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import NIOCore

/// Takes a body out of the bytes behind a head. Hands out slices, never copies; holds no bytes itself.
package struct HTTP1BodyDecoder: Sendable {
    package enum Part: Sendable, Equatable {
        case needMore
        /// Never empty.
        case chunk(ByteBuffer)
        /// The body is over; what remains in the buffer belongs to the next message. Said again at every further call.
        case end
    }

    private enum State {
        case length(Int)
        case chunked(ChunkedDecoder)
        case untilClose
        case ended
    }

    private var state: State

    /// `limits` bound the trailers.
    package init(_ framing: BodyFraming, limits: HeadLimits = .init()) {
        switch framing {
        case .none, .length(0): self.state = .ended
        case .length(let count): self.state = .length(count)
        case .chunked: self.state = .chunked(ChunkedDecoder(limits: limits.effective))
        case .untilClose: self.state = .untilClose
        }
    }

    package var isEnded: Bool {
        if case .ended = self.state { true } else { false }
    }

    /// The next part. After an error the connection is to be closed.
    package mutating func next(_ buffer: inout ByteBuffer) throws(MessageError) -> Part {
        switch self.state {
        case .ended:
            return .end
        case .length(let remaining):
            guard let chunk = buffer.readSlice(length: min(remaining, buffer.readableBytes)), chunk.readableBytes > 0
            else {
                return .needMore
            }
            let left = remaining - chunk.readableBytes
            self.state = left == 0 ? .ended : .length(left)
            return .chunk(chunk)
        case .untilClose:
            guard let chunk = buffer.readSlice(length: buffer.readableBytes), chunk.readableBytes > 0 else {
                return .needMore
            }
            return .chunk(chunk)
        case .chunked(var decoder):
            let part = try decoder.next(&buffer)
            self.state = part == .end ? .ended : .chunked(decoder)
            return part
        }
    }

    /// The peer closed. A body that lasts until then has ended well; any other that has not ended was cut off.
    package mutating func channelClosed() throws(MessageError) {
        switch self.state {
        case .ended: break
        case .untilClose: self.state = .ended
        case .length, .chunked: throw MessageError(.badMessage, "connection closed within a body")
        }
    }
}
