// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Logging
package import NIOCore
internal import Wire

/// One WebSocket, from the bytes after the handshake to the end: our own frame parser inbound; outbound finished bytes
/// from the shard, written from this handler's own context. Loop-bound; the last handler of its channel.
package final class WebSocketHandler: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    private let shard: HubShard
    private let join: JoinRequest
    private var context: ChannelHandlerContext?
    private var subscriber: Subscriber?
    private var closing = WebSocketClosing()
    private var parser: FrameParser
    /// Bytes of an unfinished frame; nil between frames, so that an idle socket holds no buffer.
    private var unread: ByteBuffer?
    private var isFlushNeeded = false
    private(set) var lastReadAt: NIODeadline

    package init(shard: HubShard, join: JoinRequest) {
        self.shard = shard
        self.join = join
        parser = FrameParser(limit: shard.core.settings.limits.frame)
        lastReadAt = shard.loop.now
    }

    // MARK: Channel

    package func handlerAdded(context: ChannelHandlerContext) {
        context.eventLoop.assertInEventLoop()
        self.context = context
        setWatermark(of: context.channel)
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
        if let subscriber, context.channel.isWritable { shard.becameWritable(subscriber) }
        context.fireChannelWritabilityChanged()
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard closing.isListening else { return }
        lastReadAt = shard.loop.now
        var bytes = unwrapInboundIn(data)
        if var waiting = unread {
            unread = nil
            waiting.writeBuffer(&bytes)
            bytes = waiting
        }
        parse(&bytes)
        if bytes.readableBytes > 0, closing.isListening {
            bytes.discardReadBytes()
            unread = bytes
        }
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        if isFlushNeeded {
            isFlushNeeded = false
            context.flush()
        }
        context.fireChannelReadComplete()
    }

    /// "In flight" is what the channel holds: past the limit it stops being writable, and the shard demotes.
    private func setWatermark(of channel: any Channel) {
        let high = shard.core.settings.limits.inFlight
        let mark = ChannelOptions.Types.WriteBufferWaterMark(low: high / 4, high: high)
        do {
            try channel.syncOptions?.setOption(.writeBufferWaterMark, value: mark)
        } catch {
            // The channel is closed already, or knows no marks; then its own writability rules.
            shard.core.logger.trace("live write watermark not set", metadata: ["error": "\(error)"])
        }
    }

    private func start() {
        guard subscriber == nil, closing.isOpen else { return }
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
        unread = nil
        if let subscriber {
            self.subscriber = nil
            shard.left(subscriber, reason: reason)
        }
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
        guard closing.isOpen, let subscriber else { return }
        switch message {
        case .text(let bytes): shard.command(bytes, from: subscriber)
        case .binary: refuse(FrameError(code: 1003, reason: "text only"))
        case .ping(let payload): pong(payload, subscriber)
        case .pong, .close: break
        }
    }

    private func pong(_ payload: ByteBuffer, _ subscriber: Subscriber) {
        // A peer that does not read gets no more pongs: the last one it missed is enough (RFC 6455 §5.5.3).
        guard shard.countOperation(of: subscriber), isWritable else { return }
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
            context?.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
            closeChannel()
        }
    }

    private func refuse(_ error: FrameError) {
        guard closing.isOpen else {
            // It owed us a close frame and sent rubbish.
            closing.channelClosed()
            return closeChannel()
        }
        shard.core.logger.debug(
            "live frame refused",
            metadata: ["code": "\(error.code)", "reason": "\(error.reason)", "conn": "\(subscriber?.conn ?? "-")"]
        )
        forget(error.reason)
        sendClose(code: error.code, reason: error.reason)
    }

    private func forget(_ reason: String) {
        guard let subscriber else { return }
        self.subscriber = nil
        shard.left(subscriber, reason: reason)
    }

    // MARK: For the shard

    var isWritable: Bool { context?.channel.isWritable ?? false }

    var unflushedBytes: Int {
        // A channel without the option, or a closed one, owes nothing that we could name.
        (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    /// Finished frames.
    @inline(__always)
    func write(_ bytes: ByteBuffer) { context?.write(wrapOutboundOut(bytes), promise: nil) }

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
        var bytes = ByteBuffer()
        WebSocketFraming.writeClose(code: code, reason: reason, into: &bytes)
        write(bytes)
        flush()
        shard.armClosing(self)
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
