// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
internal import NIOCore

/// HTTP/1.1 towards clients in one handler: bytes → `HTTP1HeadParser` → `RequestExchange` → bytes.
///
/// One request at a time: what a pipelining client sent ahead stays in `inbound` until the response is written, and beyond
/// 64 KiB of it the socket is not read. After a 400, a refused body or `Connection: close` nothing more is parsed.
///
///     head ──complete──► body ──end──► waiting ──response written──► head
///       └───── refused · close · early answer ──────► closing (answer out, then discard, at most 2 s) ──► closed
final class HTTP1ServerHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Phase { case head, body, waiting, closing, upgraded, closed }

    /// Reading pauses here and resumes below the half.
    static let inboundHighMark = 64 << 10
    /// Bodies up to this size are joined with what stands before them into one write (and one TLS record).
    static let joinLimit = 16 << 10
    /// While draining, how long an idle connection may still send a request: longer than one takes to arrive that was sent before
    /// its client could know. It is answered with `Connection: close`.
    static let quiet = TimeAmount.seconds(1)

    let worker: EdgeWorker
    private let facts: ConnectionFacts
    let guardian: ConnectionGuard
    var phase = Phase.head
    private(set) var context: ChannelHandlerContext?
    /// The client sends nothing more; what it asked for is still answered.
    var inputEnded = false
    /// In `closing`: all of the answer was handed to the system.
    var isAnswerOut = false
    private(set) lazy var exchange = RequestExchange(worker: self.worker, facts: self.facts, client: self)
    private(set) var parser: HTTP1HeadParser
    private var decoder = HTTP1BodyDecoder(.none)
    var inbound = ByteBuffer()
    /// Response bytes of this turn, written as one.
    var outbound = ByteBuffer()
    private(set) var isProcessing = false
    /// Between `channelRead` and `channelReadComplete`, which flushes for the whole turn.
    private(set) var isReading = false
    var isReadHeld = false
    var needsFlush = false
    var isDraining = false
    private var served = 0
    /// No request follows this one.
    var closesAfterResponse = false
    var responseIsChunked = false
    var responseHasNoBody = false
    var endsByClose = false
    /// Beginning of the head, of the silence between requests, or of the silence within a body.
    var since = NIODeadline.now()
    private let opened = NIODeadline.now()
    /// The socket takes nothing since then.
    private var stalledSince: NIODeadline?

    init(worker: EdgeWorker, facts: ConnectionFacts, guardian: ConnectionGuard) {
        self.worker = worker
        self.facts = facts
        self.guardian = guardian
        self.parser = HTTP1HeadParser(
            .request,
            limits: worker.limits.heads,
            pathExceptions: worker.shared.routes.pathExceptions
        )
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
                // Nothing else ever does: under a client that always leaves half a message the buffer would only grow.
                self.inbound.discardReadBytes()
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
        self.close()
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        self.stalledSince = context.channel.isWritable ? nil : .now()
        if self.phase != .upgraded {
            self.exchange.clientWritabilityChanged(context.channel.isWritable)
            if context.channel.isWritable { self.process() }
        }
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
        if let event = event as? ChannelEvent, event == .inputClosed { self.endOfInput() }
        if event is TransportInputEnded { self.askWhetherAnybodyListens() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A reset or a TLS fault: nobody is left to be told. Not by way of TLS, which would wait for a goodbye.
        if self.phase == .closing || self.phase == .upgraded {
            context.close(promise: nil)
        } else {
            self.close(cutting: true)
        }
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

    func process() {
        guard !self.isProcessing else { return }
        self.isProcessing = true
        var gaveBody = false
        while self.step(&gaveBody) {}
        self.isProcessing = false
        if gaveBody { self.exchange.readComplete() }
        if self.inputEnded { self.endWhatNothingFollows() }
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
            guard self.inbound.readableBytes > 0, self.hasRoomForResponse() else { return false }
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

    /// A client that sends requests ahead and reads no answer gets no further ones made: they would pile up here.
    private func hasRoomForResponse() -> Bool {
        if self.outbound.readableBytes >= Self.inboundHighMark { self.flushIfNeeded() }
        return self.isWritable
    }

    private func beginRequest() throws(MessageError) {
        let framing = try Framing.ofRequest(self.exchange.head)
        self.served += 1
        let cap = self.worker.limits.requestsPerConnection
        self.since = .now()
        self.closesAfterResponse =
            !self.exchange.head.keepsAlive || self.isDraining || (cap > 0 && self.served >= cap)
            || self.since - self.opened >= TimeAmount(self.worker.limits.age)
        self.decoder = HTTP1BodyDecoder(framing)
        self.phase = self.decoder.isEnded ? .waiting : .body
        self.exchange.begin(framing: framing)
    }

    // MARK: Writing

    func flushIfNeeded() {
        guard let context else { return }
        self.writeOutbound(context)
        guard self.needsFlush else { return }
        self.needsFlush = false
        context.flush()
    }

    func writeOutbound(_ context: ChannelHandlerContext) {
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
            return self.close(cutting: true)
        }
        let elapsed = now - self.since
        switch self.phase {
        case .head where self.parser.isBetweenMessages && self.inbound.readableBytes == 0:
            self.exchange.rest()
            let patience = TimeAmount(limits.keepAlive)
            if elapsed >= (self.isDraining ? min(Self.quiet, patience) : patience) { self.close() }
        case .head where elapsed >= TimeAmount(limits.head) && self.isWritable:
            self.closesAfterResponse = true
            self.exchange.refuseTimeout()
        case .body
        where self.exchange.isBodyTooSlow(now: now)
            || self.exchange.wantsBody && elapsed >= TimeAmount(limits.bodyIdle):
            self.closesAfterResponse = true
            self.exchange.refuseTimeout()
        case .closing where !self.isAnswerOut && elapsed >= TimeAmount(limits.writeIdle):
            self.close(cutting: true)
        case .closing where self.isAnswerOut && elapsed >= TimeAmount(limits.linger):
            self.close()
        case .head, .body, .waiting, .closing, .upgraded, .closed:
            break
        }
    }
}
