// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import DequeModule
internal import NIOCore

/// What streams have to say → frames → writes.
extension HTTP2ServerHandler {
    /// DATA frames fill one TLS record with their header (RFC 8446 §5.1).
    private static let record = 16_384
    private static let quantum = record - FrameHeader.size

    var isWritable: Bool { !self.isClosed && (self.context?.channel.isWritable ?? false) }

    func sendSettings() {
        let limits = self.worker.limits
        FrameWriter.settings(
            [
                (.maxConcurrentStreams, UInt32(limits.streams)),
                (.initialWindowSize, UInt32(self.streamWindow)),
                (.maxHeaderListSize, UInt32(self.headerLimit)),
                (.noPriorities, 1),
            ],
            into: &self.outbound
        )
        let increment = self.state.growWindow()
        if increment > 0 { FrameWriter.windowUpdate(0, increment, into: &self.outbound) }
        self.flushNow()
    }

    func writeHead(_ stream: HTTP2Stream, status: Int, endStream: Bool, _ fields: (inout ByteBuffer) -> Void) {
        guard !self.isClosed else { return }
        let resizesTable = self.resizesTable
        self.resizesTable = false
        FrameWriter.headers(stream: stream.id, endStream: endStream, into: &self.outbound) { block in
            if resizesTable { FieldBlockEncoder.emptyTable(into: &block) }
            FieldBlockEncoder.status(status, into: &block)
            fields(&block)
        }
    }

    func openWindow(of stream: HTTP2Stream, by increment: Int) {
        guard self.streams[stream.id] === stream else { return }
        FrameWriter.windowUpdate(stream.id, increment, into: &self.outbound)
        self.flush()
    }

    /// `stream` may have something to send.
    func enqueue(_ stream: HTTP2Stream) {
        guard !stream.isQueued, !stream.sentEnd, stream.outboundBytes > 0 || stream.endsOutbound else { return }
        stream.isQueued = true
        self.queue.append(stream)
    }

    /// At the end of the turn, where other streams may have something to say too; else at once.
    func flush() {
        guard !self.isReading, !self.isProcessing, !self.isFlushScheduled, !self.isClosed else { return }
        guard self.streams.count > 1, let context else { return self.flushNow() }
        self.isFlushScheduled = true
        context.eventLoop.assumeIsolated().execute {
            self.isFlushScheduled = false
            if !self.isReading { self.flushNow() }
        }
    }

    func flushNow() {
        guard let context, !self.isClosed else { return }
        self.pump()
        self.writeOutbound()
        if self.needsFlush {
            self.needsFlush = false
            context.flush()
        }
        if self.endingIsComplete { self.close(.noError) }
    }

    /// Streams take turns until a window or the socket is full.
    private func pump() {
        guard !self.isPumping else { return }
        self.isPumping = true
        var left = self.queue.count
        while left > 0, self.isWritable, let stream = self.queue.popFirst() {
            left -= 1
            stream.isQueued = false
            guard !stream.sentEnd else { continue }
            let isSent = self.sendFrame(of: stream)
            if stream.outboundBytes > 0, !stream.sentEnd {
                // Waits for the connection's window in line, for its own by name.
                if isSent || stream.state.sendWindow > 0 { self.enqueue(stream) }
                if isSent { left += 1 }
            }
            if self.outbound.readableBytes >= Self.record - FrameHeader.size { self.writeOutbound() }
        }
        self.isPumping = false
    }

    /// One frame of at most a record; `false` where no window allows a byte.
    private func sendFrame(of stream: HTTP2Stream) -> Bool {
        let allowed = min(self.state.sendWindow, stream.state.sendWindow)
        guard allowed > 0 || stream.outboundBytes == 0 else { return false }
        // A head, or frames of others, that share the record with it.
        let room = Self.quantum - self.outbound.readableBytes % Self.record
        let bytes = stream.take(min(allowed, room > Self.quantum / 2 ? room : Self.quantum))
        let endStream = stream.endsOutbound && stream.outboundBytes == 0
        guard bytes.readableBytes > 0 || endStream else { return false }
        self.state.sent(bytes.readableBytes)
        self.dataFramesSent += 1
        FrameWriter.data(bytes, endStream: endStream, stream: stream.id, into: &self.outbound)
        if endStream {
            stream.finished()
        } else if stream.isHeld, stream.outboundBytes < HTTP2Stream.outboundHighMark / 2 {
            self.wake(stream)
        }
        return true
    }

    private func wake(_ stream: HTTP2Stream) {
        guard self.isWritable else { return }
        stream.isHeld = false
        stream.exchange.clientWritabilityChanged(true)
    }

    /// The socket takes bytes again.
    func wakeStreams() {
        for stream in Array(self.streams.values)
        where stream.isHeld && stream.outboundBytes < HTTP2Stream.outboundHighMark / 2 {
            self.wake(stream)
        }
    }

    private func writeOutbound() {
        guard let context, self.outbound.readableBytes > 0 else { return }
        if !context.channel.isWritable { self.backlog += self.outbound.readableBytes }
        context.write(self.wrapOutboundOut(self.outbound), promise: nil)
        self.outbound = context.channel.allocator.buffer(capacity: 1_024)
        self.needsFlush = true
    }

    // MARK: Ends of streams

    /// RST_STREAM; the exchange hears that its client is gone.
    func reset(_ stream: HTTP2Stream, _ code: HTTP2Code) {
        guard self.streams[stream.id] === stream, !self.isClosed else { return }
        stream.gone()
        self.state.didReset(stream.id)
        FrameWriter.reset(stream.id, code, into: &self.outbound)
        self.retire(stream)
        self.flush()
    }

    /// Both sides are done with it.
    func retire(_ stream: HTTP2Stream) {
        guard self.streams[stream.id] === stream else { return }
        self.streams[stream.id] = nil
        self.state.didClose(stream.id)
        if self.streams.isEmpty { self.idleSince = .now() }
        if self.spare.count < Self.spares, stream.isReusable { self.spare.append(stream) }
    }
}
