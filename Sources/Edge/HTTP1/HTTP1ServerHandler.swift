// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import HTTPMessages
internal import Live
internal import NIOCore

/// HTTP/1.1 towards clients in one handler: bytes → `HTTP1HeadParser` → `RequestExchange` → bytes.
///
/// One request at a time: what a pipelining client sent ahead stays in `inbound` until the response is written, and beyond
/// 64 KiB of it the socket is not read. After a 400, a refused body or `Connection: close` nothing more is parsed.
///
///     head ──complete──► body ──end──► waiting ──response written──► head
///       └───── refused · close · early answer ──────► closing (discard, at most 2 s) ──► closed
final class HTTP1ServerHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Phase { case head, body, waiting, closing, upgraded, closed }

    /// Reading pauses here and resumes below the half.
    static let inboundHighMark = 64 << 10
    /// Bodies up to this size are joined with what stands before them into one write (and one TLS record).
    private static let joinLimit = 16 << 10
    private static let lingering = TimeAmount.seconds(2)

    let worker: EdgeWorker
    private let facts: ConnectionFacts
    private(set) var phase = Phase.head
    private var context: ChannelHandlerContext?
    private lazy var exchange = RequestExchange(worker: self.worker, facts: self.facts, client: self)
    private var parser = HTTP1HeadParser(.request)
    private var decoder = HTTP1BodyDecoder(.none)
    private var inbound = ByteBuffer()
    /// Response bytes of this turn, written as one.
    private var outbound = ByteBuffer()
    private var isProcessing = false
    /// Between `channelRead` and `channelReadComplete`, which flushes for the whole turn.
    private var isReading = false
    private var isReadHeld = false
    private var needsFlush = false
    private var isDraining = false
    private var served = 0
    /// No request follows this one.
    private var closesAfterResponse = false
    private var responseIsChunked = false
    private var responseHasNoBody = false
    private var endsByClose = false
    /// Beginning of the head, of the silence between requests, or of the silence within a body.
    private var since = NIODeadline.now()
    /// The socket takes nothing since then.
    private var stalledSince: NIODeadline?

    init(worker: EdgeWorker, facts: ConnectionFacts) {
        self.worker = worker
        self.facts = facts
    }

    // MARK: Channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.inbound = context.channel.allocator.buffer(capacity: 4_096)
        self.outbound = context.channel.allocator.buffer(capacity: 4_096)
        self.worker.add(timed: self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.worker.remove(timed: self)
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = self.unwrapInboundIn(data)
        switch self.phase {
        case .closing, .closed: return
        case .upgraded: context.fireChannelRead(data)
        case .head, .body, .waiting:
            self.isReading = true
            if self.inbound.readableBytes == 0 {
                self.inbound = bytes
            } else {
                self.inbound.writeBuffer(&bytes)
            }
            self.process()
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.isReading = false
        self.flushIfNeeded()
        context.fireChannelReadComplete()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.close(.closed)
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        self.stalledSince = context.channel.isWritable ? nil : .now()
        if self.phase != .upgraded { self.exchange.clientWritabilityChanged(context.channel.isWritable) }
        context.fireChannelWritabilityChanged()
    }

    func read(context: ChannelHandlerContext) {
        if self.phase != .closing, self.inbound.readableBytes >= Self.inboundHighMark {
            self.isReadHeld = true
        } else {
            context.read()
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { self.drain() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A reset or a TLS fault: nobody is left to be told.
        context.close(promise: nil)
    }

    func removeHandler(context: ChannelHandlerContext, removalToken: ChannelHandlerContext.RemovalToken) {
        let rest = self.inbound
        self.inbound = ByteBuffer()
        // Bytes that came with the handshake belong to the first frame.
        if rest.readableBytes > 0 {
            context.fireChannelRead(self.wrapInboundOut(rest))
            context.fireChannelReadComplete()
        }
        context.leavePipeline(removalToken: removalToken)
        if self.isReadHeld { context.read() }
    }

    // MARK: Requests

    private func process() {
        guard !self.isProcessing else { return }
        self.isProcessing = true
        var gaveBody = false
        while self.step(&gaveBody) {}
        self.isProcessing = false
        if gaveBody { self.exchange.readComplete() }
        if !self.isReading { self.flushIfNeeded() }
        if self.isReadHeld, self.inbound.readableBytes < Self.inboundHighMark / 2, self.phase != .upgraded {
            self.isReadHeld = false
            self.context?.read()
        }
    }

    /// One step of the connection; `false` when it cannot go on for now.
    private func step(_ gaveBody: inout Bool) -> Bool {
        switch self.phase {
        case .head:
            guard self.inbound.readableBytes > 0 else { return false }
            if self.parser.isBetweenMessages { self.since = .now() }
            do throws(MessageError) {
                guard try self.parser.parse(&self.inbound, into: &self.exchange.head) else { return false }
                try self.beginRequest()
            } catch {
                self.closesAfterResponse = true
                self.inbound.clear()
                self.exchange.refuseMessage(error)
            }
            return true
        case .body:
            guard self.exchange.wantsBody else { return false }
            do throws(MessageError) {
                switch try self.decoder.next(&self.inbound) {
                case .needMore: return false
                case .chunk(let bytes):
                    self.since = .now()
                    gaveBody = true
                    self.exchange.receivedBody(bytes)
                case .end:
                    self.phase = .waiting
                    self.exchange.receivedEnd()
                }
            } catch {
                self.closesAfterResponse = true
                self.inbound.clear()
                self.exchange.bodyBroke(error)
            }
            return true
        case .waiting, .closing, .upgraded, .closed:
            return false
        }
    }

    private func beginRequest() throws(MessageError) {
        let framing = try Framing.ofRequest(self.exchange.head)
        self.served += 1
        let cap = self.worker.limits.requestsPerConnection
        self.closesAfterResponse = !self.exchange.head.keepsAlive || self.isDraining || (cap > 0 && self.served >= cap)
        self.decoder = HTTP1BodyDecoder(framing)
        self.phase = self.decoder.isEnded ? .waiting : .body
        self.since = .now()
        self.exchange.begin(framing: framing)
    }

    // MARK: Ends

    private func drain() {
        self.isDraining = true
        if self.phase == .head, self.exchange.isIdle, self.inbound.readableBytes == 0 { self.close(.closed) }
    }

    /// The response is out and nothing follows it. A client still sending would turn a plain close into a reset that eats
    /// the response: say that we are done, read on into nothing, and close when it has understood.
    private func linger() {
        guard let context, self.phase != .closed else { return }
        self.phase = .closing
        self.inbound.clear()
        self.since = .now()
        self.flushIfNeeded()
        context.close(mode: .output, promise: nil)
        if self.isReadHeld {
            self.isReadHeld = false
            context.read()
        }
    }

    private func close(_ phase: Phase) {
        guard self.phase != .closed, self.phase != .upgraded else { return }
        self.phase = phase
        self.inbound.clear()
        self.exchange.clientGone()
        self.context?.close(promise: nil)
    }

    private func flushIfNeeded() {
        guard let context else { return }
        self.writeOutbound(context)
        guard self.needsFlush else { return }
        self.needsFlush = false
        context.flush()
    }

    private func writeOutbound(_ context: ChannelHandlerContext) {
        guard self.outbound.readableBytes > 0 else { return }
        context.write(self.wrapOutboundOut(self.outbound), promise: nil)
        self.outbound.clear()
        self.needsFlush = true
    }
}

@available(*, unavailable) extension HTTP1ServerHandler: Sendable {}

// MARK: Deadlines

extension HTTP1ServerHandler: EdgeWorker.Timed {
    func tick(now: NIODeadline) {
        let limits = self.worker.limits
        if let stalledSince, now - stalledSince >= TimeAmount(limits.writeIdle), self.phase != .upgraded {
            return self.close(.closed)
        }
        let elapsed = now - self.since
        switch self.phase {
        case .head where self.parser.isBetweenMessages && self.inbound.readableBytes == 0:
            if elapsed >= TimeAmount(limits.keepAlive) { self.close(.closed) }
        case .head where elapsed >= TimeAmount(limits.head):
            self.closesAfterResponse = true
            self.exchange.refuseTimeout()
        case .body where self.exchange.wantsBody && elapsed >= TimeAmount(limits.bodyIdle):
            self.closesAfterResponse = true
            self.exchange.refuseTimeout()
        case .closing where elapsed >= Self.lingering:
            self.close(.closed)
        case .head, .body, .waiting, .closing, .upgraded, .closed:
            break
        }
    }
}

// MARK: The exchange's view

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
        for field in head.fields where !HeaderPolicy.isHopByHop(field.id) && field.id != .contentLength {
            HeadWriter.field(name: head.name(field), value: head.value(field), into: &self.outbound)
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

    func send(_ answer: Answer) {
        self.writeStatus(answer)
        if self.phase == .body { self.closesAfterResponse = true }
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
        if self.endsByClose { Self.resetInsteadOfClose(context.channel) }
        context.close(promise: nil)
    }

    /// Where only the end of the connection ends the body (HTTP/1.0), an orderly close would make a fragment look whole.
    private static func resetInsteadOfClose(_ channel: any Channel) {
        guard let socket = channel as? any SocketOptionProvider else { return }
        // A failure means that the socket is gone already.
        socket.setSoLinger(Foundation.linger(l_onoff: 1, l_linger: 0)).whenFailure { _ in }
    }

    func upgrade(accept: String, join: JoinRequest) {
        guard let context else { return }
        self.outbound.writeStaticString(
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
        )
        HeadWriter.field("sec-websocket-accept", accept, into: &self.outbound)
        HeadWriter.end(into: &self.outbound)
        self.flushIfNeeded()
        self.phase = .upgraded
        self.exchange.upgraded()
        let handler = WebSocketHandler(shard: self.worker.shard, join: join)
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
