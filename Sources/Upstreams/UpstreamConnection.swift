// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
internal import NIOCore
internal import NIOTLS

/// One connection to an endpoint: the last handler in its channel, and the only one where there is no TLS.
///
/// 1. Parses answers and hands them to the exchange it is leased to, no further than the exchange reads.
/// 2. Reads only when asked (auto-read is off), also while idle, so that a peer's close is noticed.
/// 3. Holds one deadline, moved by the exchange; the timer behind it is re-armed when it fires, not at every move.
/// 4. Tells a clean end of input (FIN, seen as half-closure) from everything else: only the first may end a body.
final class UpstreamConnection: ChannelInboundHandler, RemovableChannelHandler, NIOScheduledCallbackHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// No announced keep-alive is believed beyond this.
    private static let longestIdle = TimeAmount.seconds(60)

    let endpoint: EndpointState
    private let pool: LoopPool
    /// How long it is kept unused when the peer announces nothing.
    let defaultIdle: TimeAmount
    /// How many may be kept unused beside it.
    let mostIdle: Int
    var idleUntil = NIODeadline.distantPast

    private var context: ChannelHandlerContext?
    private var exchange: UpstreamExchange?
    /// Who waits for the end of the TLS handshake.
    private var suitor: UpstreamExchange?
    private var parser = HTTP1HeadParser(.response)
    private var head = MessageHead()
    private var decoder: HTTP1BodyDecoder?
    private var buffer = ByteBuffer()
    private var idle: TimeAmount?
    private var isProcessing = false
    private var inputEnded = false
    private(set) var isClosed = false
    private var error: (any Error)?

    private var deadline: NIODeadline?
    private var callback: NIOScheduledCallback?
    private var callbackAt = NIODeadline.distantFuture

    init(pool: LoopPool, endpoint: EndpointState, settings: UpstreamSettings) {
        self.pool = pool
        self.endpoint = endpoint
        self.defaultIdle = settings.idle
        self.mostIdle = settings.connectionsPerLoop
        self.idle = settings.idle
    }

    // MARK: For the exchange and the pool

    /// TCP stands; ends in `connected` or `connectFailed` of the exchange.
    func shakeHands(for exchange: UpstreamExchange, within limit: TimeAmount) {
        self.suitor = exchange
        guard !self.isClosed, self.error == nil else { return self.loseSuitor(.tlsFailed) }
        self.arm(limit)
        self.context?.read()
    }

    func begin(_ exchange: UpstreamExchange) {
        self.exchange = exchange
        self.idle = self.defaultIdle
        self.decoder = nil
        self.context?.read()
    }

    /// The exchange has its whole answer.
    func detach() {
        self.exchange = nil
        self.decoder = nil
        self.deadline = nil
        self.buffer = ByteBuffer()
    }

    /// After a 101: the channel goes to whoever asked for the switch, with what came behind the head; nil if it is closed.
    func handOver() -> UpgradedConnection? {
        guard !self.isClosed, let context else { return nil }
        let upgraded = UpgradedConnection(
            handler: self,
            channel: context.channel,
            firstBytes: self.buffer,
            isInputClosed: self.inputEnded
        )
        self.detach()
        self.disarm()
        return upgraded
    }

    /// Waits for the peer's close, or ours.
    func rest() { self.context?.read() }

    func write(_ bytes: ByteBuffer) {
        self.context?.write(self.wrapOutboundOut(bytes), promise: nil)
    }

    func flush() { self.context?.flush() }

    var isWritable: Bool { self.context?.channel.isWritable ?? false }

    func close() {
        guard !self.isClosed else { return }
        self.isClosed = true
        self.suitor = nil
        self.detach()
        self.disarm()
        self.context?.close(promise: nil)
    }

    /// The exchange reads again. What is held back already is delivered on a later turn.
    func resume() {
        guard !self.isProcessing else { return }
        guard self.buffer.readableBytes > 0 || self.inputEnded || self.decoder?.isEnded == true else {
            self.context?.read()
            return
        }
        self.pool.loop.assumeIsolatedUnsafeUnchecked().execute { self.deliverRest() }
    }

    // MARK: Channel

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let exchange else {
            // Nobody asked: an answer too many, or the second half of one. Never pooled again.
            self.closeUnused()
            return
        }
        var bytes = self.unwrapInboundIn(data)
        if self.buffer.readableBytes == 0 { self.buffer = bytes } else { self.buffer.writeBuffer(&bytes) }
        exchange.receivedBytes()
        self.process()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.exchange?.readComplete()
        self.readOn()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        self.exchange?.writabilityChanged(context.channel.isWritable)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { return self.handshakeCompleted() }
        guard let event = event as? ChannelEvent, event == .inputClosed else { return }
        self.inputEnded = true
        self.endOfInput()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if self.error == nil { self.error = error }
        self.loseSuitor(.tlsFailed)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.isClosed = true
        self.disarm()
        self.loseSuitor(.tlsFailed)
        // After a clean end of input what is held back is still good, and is delivered once the exchange reads again.
        if let exchange, self.inputEnded, self.error == nil, exchange.isPaused { return }
        self.loseExchange()
        self.pool.forget(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    // MARK: Answers

    private func process() {
        guard !self.isProcessing else { return }
        self.isProcessing = true
        defer { self.isProcessing = false }
        while let exchange, !exchange.isPaused {
            do throws(MessageError) {
                guard try self.advance(exchange) else { return }
            } catch {
                exchange.receivedGarbage(error)
            }
        }
    }

    /// One step. False: more bytes are needed.
    private func advance(_ exchange: UpstreamExchange) throws(MessageError) -> Bool {
        guard self.decoder != nil else {
            // Some refuse a handshake in bare text (next.js#77253): no line end may ever come to judge it by.
            if self.parser.isBetweenMessages, !Self.mayBeHTTP(self.buffer) {
                throw MessageError(.badMessage, "the answer is not HTTP")
            }
            guard try self.parser.parse(&self.buffer, into: &self.head) else { return false }
            let framing = try Framing.ofResponse(self.head, to: exchange.request.method)
            self.idle = Self.idle(after: self.head, default: self.defaultIdle)
            if exchange.received(self.head, framing: framing), self.exchange === exchange {
                self.decoder = HTTP1BodyDecoder(framing)
            }
            return true
        }
        switch try self.decoder?.next(&self.buffer) {
        case .chunk(let bytes):
            exchange.received(bytes)
            return true
        case .end:
            exchange.receivedEnd(excess: self.buffer.readableBytes > 0 || self.inputEnded, idle: self.idle)
            return true
        case .needMore, nil:
            return false
        }
    }

    /// How long the connection may rest after this answer; nil: not at all. A 204 that announces a body is not trusted
    /// to have none.
    private static func idle(after head: borrowing MessageHead, default fallback: TimeAmount) -> TimeAmount? {
        if head.status == 204, let length = head.first(.contentLength), !length.elementsEqual([UInt8(ascii: "0")]) {
            return nil
        }
        guard let seconds = KeepAliveField.timeout(in: head) else { return fallback }
        return seconds > 1 ? min(.seconds(seconds - 1), Self.longestIdle) : nil
    }

    private static func mayBeHTTP(_ bytes: ByteBuffer) -> Bool {
        zip(bytes.readableBytesView, "HTTP/".utf8).allSatisfy { $0 == $1 }
    }

    private func deliverRest() {
        self.process()
        guard let exchange, !exchange.isPaused else { return }
        exchange.readComplete()
        if self.inputEnded { self.endOfInput() } else { self.readOn() }
    }

    private func readOn() {
        guard !self.isClosed, self.exchange?.isPaused != true else { return }
        self.context?.read()
    }

    // MARK: Ends

    private func endOfInput() {
        guard let exchange else { return self.closeUnused() }
        if exchange.isPaused { return }
        if var decoder = self.decoder, self.error == nil, exchange.isRequestSent {
            do throws(MessageError) {
                try decoder.channelClosed()
                exchange.receivedEnd(excess: true, idle: nil)
                return
            } catch {
                self.error = error
            }
        }
        self.loseExchange()
    }

    private func loseExchange() {
        guard let exchange else { return }
        let detail = self.error.map { "\($0)" } ?? "connection closed by the peer"
        self.detach()
        let wasClosed = self.isClosed
        self.isClosed = true
        exchange.lost(detail)
        if !wasClosed {
            self.disarm()
            self.context?.close(promise: nil)
        }
    }

    private func handshakeCompleted() {
        guard let suitor else { return }
        self.suitor = nil
        self.deadline = nil
        suitor.connected(self, isReused: false)
    }

    private func loseSuitor(_ code: UpstreamError.Code) {
        guard let suitor else { return }
        self.suitor = nil
        suitor.connectFailed(UpstreamError(code, self.error.map { "\($0)" } ?? "connection closed in the handshake"))
    }

    private func closeUnused() {
        self.close()
        self.pool.forget(self)
    }

    // MARK: Deadline

    /// Nil: no wait is bounded just now.
    func arm(_ amount: TimeAmount?) {
        guard let amount, !self.isClosed else {
            self.deadline = nil
            return
        }
        let deadline = NIODeadline.now() + amount
        self.deadline = deadline
        if self.callback == nil || deadline < self.callbackAt { self.schedule(deadline) }
    }

    func handleScheduledCallback(eventLoop: some EventLoop) {
        self.callback = nil
        guard let deadline else { return }
        if NIODeadline.now() < deadline { return self.schedule(deadline) }
        self.deadline = nil
        if self.suitor != nil {
            self.loseSuitor(.connectTimeout)
            self.close()
        }
        self.exchange?.timedOut()
    }

    private func schedule(_ deadline: NIODeadline) {
        self.callback?.cancel()
        self.callbackAt = deadline
        // Throws only once the loop is shutting down, and then the channel is closed anyway.
        self.callback = try? self.pool.loop.assumeIsolatedUnsafeUnchecked().scheduleCallback(
            at: deadline,
            handler: self
        )
    }

    private func disarm() {
        self.deadline = nil
        self.callback?.cancel()
        self.callback = nil
    }
}

@available(*, unavailable)
extension UpstreamConnection: Sendable {}
