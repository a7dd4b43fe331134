// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import NIOCore

/// One connection, ready for commands: logged in, on its database, its peer a master. An actor whose executor is the
/// connection's event loop, so that a call reaches its handler without another hop. Commands are pipelined; replies
/// match them in order. A task that is cancelled still waits for its reply, at most the command's timeout.
package actor RedisConnection {
    package nonisolated let eventLoop: any EventLoop
    private nonisolated let channel: any Channel
    private let handler: NIOLoopBound<RedisChannelHandler>
    private let settings: RedisSettings

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe eventLoop.executor.asUnownedSerialExecutor()
    }

    init(channel: any Channel, handler: NIOLoopBound<RedisChannelHandler>, settings: RedisSettings) {
        self.eventLoop = channel.eventLoop
        self.channel = channel
        self.handler = handler
        self.settings = settings
    }

    /// For one connection; whoever connects again and again keeps a `RedisConnector`, which loads the TLS trust once.
    /// - Parameter ofAnyRole: for tools that look at replicas too.
    package static func connect(
        settings: RedisSettings,
        on loop: any EventLoop,
        ofAnyRole: Bool = false
    ) async throws(RedisError) -> RedisConnection {
        try await RedisConnector(settings: settings).connect(on: loop, ofAnyRole: ofAnyRole)
    }

    /// - Parameter timeout: from now to the reply; nil is the settings' `commandTimeout`.
    /// - Throws: the server's own error too, as `.server(text)`.
    package func send(_ command: [RedisArgument], timeout: Duration? = nil) async throws(RedisError) -> RESPValue {
        let value = try await pipeline([command], timeout: timeout)[0]
        if case .error(let text) = value { throw RedisError(.server(text)) }
        return value
    }

    /// All in one write; nothing of another caller comes between them. A server's error stands in its command's place.
    package func pipeline(_ commands: [[RedisArgument]], timeout: Duration? = nil) async throws(RedisError)
        -> [RESPValue]
    {
        let deadline = NIODeadline.now() + TimeAmount(timeout ?? settings.commandTimeout)
        let answer = await withCheckedContinuation { waiter in
            handler.value.write(commands, deadline: deadline, waiter: waiter)
        }
        return try answer.get()
    }

    /// Runs a script; `keys` count as KEYS, the rest as ARGV.
    package func eval(
        _ script: String,
        keys: [RedisArgument],
        arguments: [RedisArgument] = [],
        timeout: Duration? = nil
    ) async throws(RedisError) -> RESPValue {
        try await send(["EVAL", .string(script), RedisArgument(keys.count)] + keys + arguments, timeout: timeout)
    }

    /// Turns the connection into a subscription for good; `push` is called on the event loop with everything that
    /// arrives.
    func subscribe(_ commands: [[RedisArgument]], push: @escaping @Sendable (RESPValue) -> Void) throws(RedisError) {
        let started = handler.value.subscribe(commands, heartbeat: TimeAmount(settings.heartbeat), push: push)
        guard started else {
            throw closeReason ?? RedisError(.invalid, "commands are still waiting on this connection")
        }
    }

    package var closeReason: RedisError? { handler.value.closeReason }

    /// Returns when the connection has ended, whoever ended it.
    package nonisolated func closed() async {
        // The future of a channel's close never fails.
        try? await channel.closeFuture.get()
    }

    /// Ends it from any thread; commands that wait fail with `.closed`.
    package nonisolated func close() {
        channel.close(promise: nil)
    }
}
