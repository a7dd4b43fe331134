// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore

/// The end of a connection's pipeline: commands out, replies back in order, or pushes once it is a subscription.
///
/// 1. Writes of one turn of the loop leave in one buffer and one flush.
/// 2. A reply nobody waits for, a reply too large, or bytes that are not RESP2 close the connection.
/// 3. A command past its deadline closes the connection too: replies have no ids, so no later one could be trusted.
/// 4. Whatever ends the connection fails every command that waits.
final class RedisChannelHandler: ChannelInboundHandler, NIOScheduledCallbackHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Mode {
        case commands
        case pushes(@Sendable (RESPValue) -> Void, Heartbeat)
        case closed(RedisError)
    }

    private struct Heartbeat {
        let interval: TimeAmount
        var heard = false
        var isWaiting = false
    }

    private var mode = Mode.commands
    private var reader: RESPReader
    private var pending: PendingReplies<RedisExchange>
    private var context: ChannelHandlerContext?
    private var outbound = ByteBuffer()
    private var isFlushScheduled = false
    private var timer: NIOScheduledCallback?
    private var timerDeadline = NIODeadline.distantFuture
    private let loop: any EventLoop

    init(settings: RedisSettings, loop: any EventLoop) {
        self.loop = loop
        reader = RESPReader(maximumReplyBytes: settings.maximumReplyBytes)
        pending = PendingReplies(
            maximumCount: settings.maximumInFlight,
            maximumBytes: settings.maximumOutstandingBytes
        )
    }

    var isOpen: Bool {
        if case .closed = mode { false } else { true }
    }

    // MARK: Commands

    func write(
        _ commands: [[RedisArgument]],
        deadline: NIODeadline,
        waiter: CheckedContinuation<RedisExchange.Answer, Never>
    ) {
        loop.assertInEventLoop()
        switch mode {
        case .closed(let error):
            waiter.resume(returning: .failure(RedisError(.unavailable, error.description)))
            return
        case .pushes:
            waiter.resume(returning: .failure(RedisError(.invalid, "a subscription takes no commands")))
            return
        case .commands:
            break
        }
        guard !commands.isEmpty else {
            waiter.resume(returning: .success([]))
            return
        }
        guard pending.hasRoom(for: commands.count) else {
            let error = RedisError(.overloaded, "\(pending.count) commands, \(pending.bytes) bytes are waiting")
            waiter.resume(returning: .failure(error))
            return
        }
        let exchange = RedisExchange(commands: commands.count, waiter: waiter)
        for command in commands {
            let before = outbound.writerIndex
            RESPWriter.write(command, into: &outbound)
            pending.append(exchange, bytes: outbound.writerIndex - before, deadline: deadline)
        }
        scheduleFlush()
        if deadline < timerDeadline { setTimer(deadline) }
    }

    /// From here on everything that arrives goes to `push`, on the loop.
    func subscribe(_ commands: [[RedisArgument]], heartbeat: TimeAmount, push: @escaping @Sendable (RESPValue) -> Void)
        -> Bool
    {
        loop.assertInEventLoop()
        guard case .commands = mode, pending.count == 0 else { return false }
        mode = .pushes(push, Heartbeat(interval: heartbeat))
        for command in commands { RESPWriter.write(command, into: &outbound) }
        scheduleFlush()
        setTimer(.now() + heartbeat)
        return true
    }

    private func scheduleFlush() {
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        loop.assumeIsolated().execute { self.flush() }
    }

    private func flush() {
        isFlushScheduled = false
        guard let context, outbound.readableBytes > 0 else { return }
        context.writeAndFlush(wrapOutboundOut(outbound), promise: nil)
        outbound = context.channel.allocator.buffer(capacity: 512)
    }

    // MARK: Time

    private func setTimer(_ deadline: NIODeadline) {
        timer?.cancel()
        timer = nil
        timerDeadline = deadline
        guard deadline != .distantFuture else { return }
        do {
            timer = try loop.assumeIsolated().scheduleCallback(at: deadline, handler: self)
        } catch {
            // Only a loop that shuts down refuses a timer.
            close(RedisError(.closed, "the event loop is shutting down"))
        }
    }

    func handleScheduledCallback(eventLoop: some EventLoop) {
        switch mode {
        case .closed:
            return
        case .commands:
            guard let next = pending.nextDeadline else { return setTimer(.distantFuture) }
            guard next <= .now() else { return setTimer(next) }
            close(RedisError(.timeout, "no answer in time"))
        case .pushes(let push, var heartbeat):
            if !heartbeat.heard, heartbeat.isWaiting {
                return close(RedisError(.timeout, "the subscription is silent"))
            }
            heartbeat.isWaiting = !heartbeat.heard
            if heartbeat.isWaiting {
                RESPWriter.write(["PING"], into: &outbound)
                scheduleFlush()
            }
            heartbeat.heard = false
            mode = .pushes(push, heartbeat)
            setTimer(.now() + heartbeat.interval)
        }
    }

    // MARK: Channel

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        close(RedisError(.closed, "the connection ended"))
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        flush()
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        close(RedisError(.closed, "the server ended the connection"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        close(RedisError(.closed, "\(error)"))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard isOpen else { return }
        var buffer = unwrapInboundIn(data)
        do throws(RedisError) {
            try reader.feed(&buffer)
            while isOpen, let value = try reader.next() { receive(value) }
        } catch {
            close(error)
        }
    }

    private func receive(_ value: RESPValue) {
        switch mode {
        case .closed:
            return
        case .pushes(let push, var heartbeat):
            heartbeat.heard = true
            mode = .pushes(push, heartbeat)
            push(value)
        case .commands:
            guard let exchange = pending.popFirst() else {
                return close(RedisError(.badReply, "a reply nobody asked for"))
            }
            exchange.receive(value)
        }
    }

    func close(_ error: RedisError) {
        loop.assertInEventLoop()
        guard isOpen else { return }
        mode = .closed(error)
        timer?.cancel()
        timer = nil
        outbound.clear()
        let reason = error.wasNotSent ? RedisError(.closed, error.description) : error
        for exchange in pending.removeAll() { exchange.fail(reason) }
        context?.close(promise: nil)
    }

    /// What ended the connection.
    var closeReason: RedisError? {
        if case .closed(let error) = mode { error } else { nil }
    }
}

@available(*, unavailable)
extension RedisChannelHandler: Sendable {}
