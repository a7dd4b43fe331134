// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Logging
package import NIOCore
internal import Wire

/// One WebSocket, from the bytes after the handshake to the end: our own frame parser inbound; outbound finished bytes
/// from the shard, written from this handler's own context. Loop-bound; the last handler of its channel.
///
/// Behind it is the hub at `/live`, or an echo, so that conformance suites can be run against this very handler.
package final class WebSocketHandler: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    private enum Role {
        case live(HubShard, JoinRequest)
        case echo(WebSocketEcho)
    }

    private let role: Role
    private let loop: any EventLoop
    private let logger: Logger
    private var context: ChannelHandlerContext?
    private var subscriber: Subscriber?
    private var closing = WebSocketClosing()
    private var parser: FrameParser
    /// Bytes of an unfinished header; nil otherwise, so that an idle socket holds no buffer.
    private var unread: ByteBuffer?
    private var isFlushNeeded = false
    private(set) var lastReadAt: NIODeadline
    /// The channel's, as its events tell: asking it takes half a dozen objects that delivery has no other use for.
    private(set) var isWritable = false

    package init(shard: HubShard, join: JoinRequest) {
        role = .live(shard, join)
        loop = shard.loop
        logger = shard.core.logger
        parser = FrameParser(limit: shard.core.settings.limits.frame)
        lastReadAt = loop.now
    }

    /// Answers each message with itself.
    package init(echo: WebSocketEcho, loop: any EventLoop, logger: Logger) {
        role = .echo(echo)
        self.loop = loop
        self.logger = logger
        parser = FrameParser(limit: echo.messageLimit)
        lastReadAt = loop.now
    }

    // MARK: Channel

    package func handlerAdded(context: ChannelHandlerContext) {
        context.eventLoop.assertInEventLoop()
        self.context = context
        isWritable = context.channel.isWritable
        switch role {
        case .live(let shard, _): limitInFlight(to: shard.inFlightBytes)
        case .echo(let echo): limitInFlight(to: echo.inFlight)
        }
        if context.channel.isActive { start() }
    }

    package func handlerRemoved(context: ChannelHandlerContext) { end("handler removed") }

    package func channelActive(context: ChannelHandlerContext) {
        start()
        context.fireChannelActive()
    }

    package func channelInactive(context: ChannelHandlerContext) {
        end("closed by peer")
        context.fireChannelInactive()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end("\(error)")
        context.close(promise: nil)
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = self.context != nil && context.channel.isWritable
        switch role {
        case .live(let shard, _):
            if let subscriber, isWritable { shard.becameWritable(subscriber) }
        case .echo:
            listen(isWritable)
        }
        context.fireChannelWritabilityChanged()
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard closing.isListening else { return }
        lastReadAt = loop.now
        var bytes = unwrapInboundIn(data)
        if var waiting = unread {
            unread = nil
            waiting.writeBuffer(&bytes)
            bytes = waiting
        }
        parse(&bytes)
        // The part of a header: copied, so that the socket's buffer is not held for it.
        if bytes.readableBytes > 0, closing.isListening { unread = ByteBuffer(bytes: bytes.readableBytesView) }
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        if isFlushNeeded {
            isFlushNeeded = false
            context.flush()
        }
        context.fireChannelReadComplete()
    }

    /// "In flight" is what the channel holds: past the limit it stops being writable, and the shard demotes.
    /// 0: no limit.
    func limitInFlight(to bytes: Int) {
        let high = bytes > 0 ? bytes : Int(UInt32.max)
        let mark = ChannelOptions.Types.WriteBufferWaterMark(low: high / 4, high: high)
        do {
            try context?.channel.syncOptions?.setOption(.writeBufferWaterMark, value: mark)
        } catch {
            // The channel is closed already, or knows no marks; then its own writability rules.
            logger.trace("live write watermark not set", metadata: ["error": "\(error)"])
        }
    }

    private func start() {
        guard subscriber == nil, closing.isOpen, case .live(let shard, let join) = role else { return }
        switch shard.admit(join, output: .webSocket(self)) {
        case .refused(let code, let retry):
            sendClose(code: code.rawValue, reason: code.reason(retry: retry))
        case .admitted(let subscriber):
            self.subscriber = subscriber
            shard.start(subscriber, since: join.since)
        }
    }

    /// The channel is gone, or as good as.
    private func end(_ reason: String) {
        closing.channelClosed()
        context = nil
        isWritable = false
        unread = nil
        if let subscriber {
            self.subscriber = nil
            leave(subscriber, reason)
        }
    }

    private func leave(_ subscriber: Subscriber, _ reason: String) {
        guard case .live(let shard, _) = role else { return }
        shard.left(subscriber, reason: reason)
    }

    // MARK: Inbound frames

    private func parse(_ bytes: inout ByteBuffer) {
        do throws(FrameError) {
            while closing.isListening, let message = try parser.next(&bytes) { take(message) }
        } catch {
            refuse(error)
        }
    }

    private func take(_ message: FrameParser.Message) {
        if case .close(let code) = message { return peerClosed(code) }
        // After our own close only the peer's matters (RFC 6455 §1.4).
        guard closing.isOpen else { return }
        switch role {
        case .live(let shard, _):
            guard let subscriber else { return }
            switch message {
            case .text(let bytes): shard.command(bytes, from: subscriber)
            case .binary: refuse(FrameError(code: 1003, reason: "text only"))
            case .ping(let payload): if shard.countOperation(of: subscriber) { pong(payload) }
            case .pong, .close: break
            }
        case .echo(let echo):
            if case .ping(let payload) = message { return pong(payload) }
            guard let answer = echo.answer(message) else { return }
            write(answer)
            isFlushNeeded = true
            guard !isWritable else { return }
            flush()
            listen(isWritable)
        }
    }

    /// An echo takes no more than it can give back.
    private func listen(_ listens: Bool) {
        // A channel that is closed takes no option, and has nothing more to say.
        try? context?.channel.syncOptions?.setOption(.autoRead, value: listens)
    }

    private func pong(_ payload: ByteBuffer) {
        // A peer that does not read gets no more pongs: the last one it missed is enough (RFC 6455 §5.5.3).
        guard isWritable else { return }
        var bytes = ByteBuffer()
        WebSocketFraming.writePong(payload, into: &bytes)
        write(bytes)
        isFlushNeeded = true
    }

    private func peerClosed(_ code: UInt16?) {
        switch closing.peerClosed() {
        case .none: break
        case .close: closeChannel()
        case .echoAndClose:
            var bytes = ByteBuffer()
            if let code {
                WebSocketFraming.writeClose(code: code, into: &bytes)
            } else {
                WebSocketFraming.writeEmptyClose(into: &bytes)
            }
            forget("closed by peer")
            write(bytes)
            endOutput()
        }
    }

    /// Half closed, once what was written has left: so the peer reads all of it before the end, whatever it is still
    /// sending. The rest is the peer's to close, or the timer's. A channel that knows no halves closes whole.
    private func endOutput() {
        flush()
        armClosing()
        context?.close(mode: .output, promise: nil)
    }

    private func refuse(_ error: FrameError) {
        logger.debug(
            "live frame refused",
            metadata: ["code": "\(error.code)", "reason": "\(error.reason)", "conn": "\(subscriber?.conn ?? "-")"]
        )
        switch closing.fail() {
        case .none: break
        case .drop: closeChannel()
        case .sendAndEnd:
            forget(error.reason)
            writeClose(code: error.code, reason: error.reason)
            endOutput()
        }
    }

    private func forget(_ reason: String) {
        guard let subscriber else { return }
        self.subscriber = nil
        leave(subscriber, reason)
    }

    // MARK: For the shard

    var unflushedBytes: Int {
        // A channel without the option, or a closed one, owes nothing that we could name.
        (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    var footprint: Footprint { context.map { Footprint(self, $0) } ?? Footprint() }

    /// Finished frames.
    @inline(__always)
    func write(_ bytes: ByteBuffer) { context?.write(wrapOutboundOut(bytes), promise: nil) }

    @inline(__always)
    func writeAndFlush(_ bytes: ByteBuffer) { context?.writeAndFlush(wrapOutboundOut(bytes), promise: nil) }

    func write(frame: ByteBuffer) {
        var bytes = ByteBuffer()
        bytes.reserveCapacity(frame.readableBytes + 10)
        WebSocketFraming.writeTextHeader(length: frame.readableBytes, into: &bytes)
        bytes.writeImmutableBuffer(frame)
        write(bytes)
    }

    @inline(__always)
    func flush() { context?.flush() }

    func ping() {
        var bytes = ByteBuffer()
        WebSocketFraming.writePing(into: &bytes)
        write(bytes)
        flush()
    }

    /// `bye`, then the close frame; the peer has five seconds for its half.
    func close(_ code: CloseCode, retry: Int?) {
        subscriber = nil
        guard closing.isOpen else { return }
        var frame = ByteBuffer()
        ServerFrame.bye(code: code, retry: retry, into: &frame)
        write(frame: frame)
        sendClose(code: code.rawValue, reason: code.reason(retry: retry))
    }

    private func sendClose(code: UInt16, reason: String) {
        guard closing.close() == .sendAndWait else { return }
        writeClose(code: code, reason: reason)
        armClosing()
    }

    private func writeClose(code: UInt16, reason: String) {
        var bytes = ByteBuffer()
        WebSocketFraming.writeClose(code: code, reason: reason, into: &bytes)
        write(bytes)
        flush()
    }

    private func armClosing() {
        switch role {
        case .live(let shard, _): shard.armClosing(self)
        case .echo(let echo): loop.assumeIsolated().scheduleTask(in: echo.closeTimeout) { self.closeTimedOut() }
        }
    }

    func closeTimedOut() {
        if closing.timedOut() { closeChannel() }
    }

    /// Without a handshake: nobody is there.
    func drop() {
        subscriber = nil
        closing.channelClosed()
        closeChannel()
    }

    private func closeChannel() { context?.close(promise: nil) }
}

@available(*, unavailable)
extension WebSocketHandler: Sendable {}
