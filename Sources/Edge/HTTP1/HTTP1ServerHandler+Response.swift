// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
internal import Live
internal import NIOCore

/// The exchange's view: responses into bytes.
extension HTTP1ServerHandler: ClientStream {
    var isWritable: Bool { self.context?.channel.isWritable ?? false }
    var pendingBytes: Int { self.outbound.readableBytes }

    func resumeReading() { self.process() }

    func sendContinue() {
        self.outbound.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
        self.flushIfNeeded()
    }

    func sendInterim(_ head: MessageHead) {
        HeadWriter.statusLine(head.status, into: &self.outbound)
        HeaderPolicy.forEachInterimField(head) { name, value in
            HeadWriter.field(name: name, value: value, into: &self.outbound)
        }
        HeadWriter.end(into: &self.outbound)
        self.flushIfNeeded()
    }

    func sendHead(_ head: MessageHead, framing: BodyFraming, statement: HeaderPolicy.ResponseStatement) {
        HeadWriter.statusLine(head.status, into: &self.outbound)
        HeaderPolicy.forEachResponseField(head, statement: statement) { name, value in
            HeadWriter.field(name: name, value: value, into: &self.outbound)
        }
        self.responseIsChunked = false
        self.responseHasNoBody = false
        switch framing {
        case .none:
            self.responseHasNoBody = true
            let isAnnounced = self.exchange.head.method == .head || head.status == 304
            if isAnnounced, let length = HeaderPolicy.announcedLength(head) {
                HeadWriter.contentLength(length, into: &self.outbound)
            }
        case .length(let length):
            HeadWriter.contentLength(length, into: &self.outbound)
        case .chunked, .untilClose:
            self.startUnknownLength()
        }
        self.endHead()
    }

    func sendStreamHead(_ answer: Answer) {
        self.writeStatus(answer)
        self.responseHasNoBody = false
        self.startUnknownLength()
        self.endHead()
        self.flushIfNeeded()
    }

    func send(_ answer: Answer, reusable: Bool) {
        if !reusable { self.closesAfterResponse = true }
        self.writeStatus(answer)
        if answer.status != 204, answer.status != 304 {
            HeadWriter.contentLength(answer.body.count, into: &self.outbound)
        }
        self.responseIsChunked = false
        self.endHead()
        if self.exchange.head.method != .head { self.outbound.writeBytes(answer.body) }
    }

    func sendBody(_ bytes: ByteBuffer) {
        guard !self.responseHasNoBody, bytes.readableBytes > 0, let context else { return }
        if self.responseIsChunked { HeadWriter.writeChunkHeader(bytes.readableBytes, into: &self.outbound) }
        if bytes.readableBytes <= Self.joinLimit {
            self.outbound.writeImmutableBuffer(bytes)
        } else {
            self.writeOutbound(context)
            context.write(self.wrapOutboundOut(bytes), promise: nil)
            self.needsFlush = true
        }
        if self.responseIsChunked { HeadWriter.chunkEnd(into: &self.outbound) }
        if self.outbound.readableBytes > Self.inboundHighMark { self.writeOutbound(context) }
    }

    func flush() { self.flushIfNeeded() }

    func end(reusable: Bool) {
        if self.responseIsChunked { HeadWriter.lastChunk(into: &self.outbound) }
        self.responseIsChunked = false
        if !self.isProcessing, !self.isReading { self.flushIfNeeded() }
        guard reusable, !self.closesAfterResponse, !self.isDraining else { return self.linger() }
        self.phase = .head
        self.since = .now()
        self.process()
    }

    func abort() {
        // Neither a last chunk nor the missing bytes: the client sees that it is not whole.
        guard let context else { return }
        self.writeOutbound(context)
        context.flush()
        self.phase = .closed
        self.inbound.clear()
        // Where only the end of the connection ends the body (HTTP/1.0), an orderly close would make a fragment whole.
        if self.endsByClose { self.guardian.cut() } else { context.close(promise: nil) }
    }

    func upgrade(accept: String, join: JoinRequest) {
        self.outbound.writeStaticString(
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
        )
        HeadWriter.field("sec-websocket-accept", accept, into: &self.outbound)
        self.become(WebSocketHandler(shard: self.worker.shard, join: join))
    }

    func switchProtocols(
        _ head: MessageHead,
        statement: HeaderPolicy.ResponseStatement,
        to handler: TunnelClientHandler
    ) {
        HeadWriter.statusLine(101, into: &self.outbound)
        HeaderPolicy.forEachResponseField(head, statement: statement) { name, value in
            HeadWriter.field(name: name, value: value, into: &self.outbound)
        }
        self.outbound.writeStaticString("upgrade: websocket\r\nconnection: upgrade\r\n")
        self.become(handler)
    }

    /// The 101 ends here, and so does HTTP on this connection.
    private func become(_ handler: some ChannelHandler) {
        guard let context else { return }
        HeadWriter.end(into: &self.outbound)
        self.flushIfNeeded()
        // A WebSocket says goodbye by a Close frame; half a connection is none.
        try? context.channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: false)  // fails once it is closed
        self.phase = .upgraded
        self.exchange.upgraded()
        do {
            try context.pipeline.syncOperations.addHandler(handler, position: .after(self))
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        } catch {
            // The channel is already closing.
            context.close(promise: nil)
        }
    }

    private func writeStatus(_ answer: Answer) {
        HeadWriter.statusLine(answer.status, into: &self.outbound)
        for field in answer.fields {
            HeadWriter.field(name: field.name.utf8, value: field.value.utf8, into: &self.outbound)
        }
    }

    /// Chunked; for an HTTP/1.0 client the end of the connection is the end of the body.
    private func startUnknownLength() {
        if self.exchange.head.version == .http10 {
            self.closesAfterResponse = true
            self.endsByClose = true
        } else {
            self.responseIsChunked = true
            HeadWriter.transferEncodingChunked(into: &self.outbound)
        }
    }

    private func endHead() {
        if self.isDraining { self.closesAfterResponse = true }
        if self.closesAfterResponse {
            HeadWriter.field("connection", "close" as StaticString, into: &self.outbound)
        } else if self.exchange.head.version == .http10 {
            HeadWriter.field("connection", "keep-alive" as StaticString, into: &self.outbound)
        }
        HeadWriter.end(into: &self.outbound)
    }
}
