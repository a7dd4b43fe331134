// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore
internal import Wire

/// The three ways out of a shard, as concrete types: writing to one is a branch, not a dynamic call.
enum LiveOutput {
    case webSocket(WebSocketHandler)
    case eventStream(EventStream)
    case longPoll(LongPoll)

    var transport: LiveTransport {
        switch self {
        case .webSocket: .webSocket
        case .eventStream: .eventStream
        case .longPoll: .longPoll
        }
    }

    var style: FrameStyle {
        switch self {
        case .webSocket, .longPoll: .webSocket
        case .eventStream: .eventStream
        }
    }

    var footprint: Footprint {
        if case .webSocket(let handler) = self { handler.footprint } else { Footprint() }
    }

    /// Finished bytes of one or several events. `last`: id of the last of them.
    @inline(__always)
    func write(_ bytes: ByteBuffer, last: Cursor?) {
        switch self {
        case .webSocket(let handler): handler.write(bytes)
        case .eventStream(let stream): stream.write(bytes)
        case .longPoll(let poll): poll.write(bytes, last: last)
        }
    }

    /// The same, with all that was written before: one way through the pipeline instead of two.
    @inline(__always)
    func writeAndFlush(_ bytes: ByteBuffer, last: Cursor?) {
        switch self {
        case .webSocket(let handler): handler.writeAndFlush(bytes)
        case .eventStream, .longPoll:
            write(bytes, last: last)
            flush()
        }
    }

    /// One frame of ours, as JSON.
    func write(frame: ByteBuffer, id: Cursor?) {
        switch self {
        case .webSocket(let handler): handler.write(frame: frame)
        case .eventStream(let stream): stream.write(frame: frame, id: id)
        case .longPoll(let poll): poll.write(frame: frame, id: id)
        }
    }

    @inline(__always)
    func flush() {
        switch self {
        case .webSocket(let handler): handler.flush()
        case .eventStream(let stream): stream.flush()
        case .longPoll(let poll): poll.flush()
        }
    }

    var isWritable: Bool {
        switch self {
        case .webSocket(let handler): handler.isWritable
        case .eventStream(let stream): stream.isWritable
        case .longPoll(let poll): poll.isWritable
        }
    }

    /// Bytes written that the socket has not taken yet.
    var unflushedBytes: Int {
        switch self {
        case .webSocket(let handler): handler.unflushedBytes
        case .eventStream(let stream): stream.unflushedBytes
        case .longPoll: 0
        }
    }

    /// A stream's watermark is its response's, and low already; a long-poll holds what it answers.
    func limitInFlight(to bytes: Int) {
        if case .webSocket(let handler) = self { handler.limitInFlight(to: bytes) }
    }

    /// Says goodbye and ends the transport. Nothing is written afterwards.
    func close(_ code: CloseCode, retry: Int?) {
        switch self {
        case .webSocket(let handler): handler.close(code, retry: retry)
        case .eventStream(let stream): stream.close(code, retry: retry)
        case .longPoll(let poll): poll.close(code, retry: retry)
        }
    }
}
