// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Logging
package import NIOCore
internal import ServiceLifecycle
internal import Synchronization

/// Commands to one Redis over one pipelined connection that comes back by itself. Commands fail at once while it is
/// away: whoever calls knows better than a queue whether the command is still wanted later. Not for commands that
/// block.
package final class RedisClient: Service, Sendable {
    package let connector: RedisConnector
    private let group: any EventLoopGroup
    private let loop: any EventLoop
    private let logger: Logger
    private let state = Mutex(RedisClientState())

    /// - Throws: `.invalid` if the TLS trust cannot be loaded.
    package init(settings: RedisSettings, group: any EventLoopGroup, logger: Logger) throws(RedisError) {
        self.connector = try RedisConnector(settings: settings)
        self.group = group
        self.loop = group.next()
        self.logger = logger
    }

    package var settings: RedisSettings { connector.settings }
    package var isConnected: Bool { state.withLock { $0.connection != nil } }

    /// An event loop of the client's group, for connections beside it.
    package func anyEventLoop() -> any EventLoop { group.next() }

    // MARK: Commands

    package func send(_ command: String, _ arguments: RedisArgument...) async throws(RedisError) -> RESPValue {
        try await send([.string(command)] + arguments)
    }

    /// The command's name is the first word.
    package func send(_ command: [RedisArgument], timeout: Duration? = nil) async throws(RedisError) -> RESPValue {
        do throws(RedisError) {
            return try await connection().send(command, timeout: timeout)
        } catch {
            if error.serverText?.hasPrefix("READONLY") == true { dropDemoted() }
            throw error
        }
    }

    /// All in one write, in order, though not atomic. A server's error stands in its command's place.
    package func pipeline(_ commands: [[RedisArgument]]) async throws(RedisError) -> [RESPValue] {
        let replies = try await connection().pipeline(commands)
        if replies.contains(where: { $0.error?.hasPrefix("READONLY") == true }) { dropDemoted() }
        return replies
    }

    /// Runs a script: atomic. Sent as text each time; Redis compiles it once.
    package func eval(
        _ script: String,
        keys: [RedisArgument],
        arguments: [RedisArgument] = []
    ) async throws(RedisError) -> RESPValue {
        try await send(["EVAL", .string(script), RedisArgument(keys.count)] + keys + arguments)
    }

    /// Channels and patterns on a connection of their own, which the subscription's `run` keeps.
    package func subscribe(patterns: [String] = [], channels: [String] = []) -> RedisSubscription {
        RedisSubscription(
            connector: connector,
            loop: group.next(),
            patterns: patterns,
            channels: channels,
            logger: logger
        )
    }

    /// The master became a replica: connect anew, wherever the name points now.
    private func dropDemoted() {
        state.withLock { $0.connection }?.close()
    }

    private func connection() throws(RedisError) -> RedisConnection {
        let result: Result<RedisConnection, RedisError> = state.withLock { state in
            if let connection = state.connection { return .success(connection) }
            return .failure(RedisError(.unavailable, state.why))
        }
        return try result.get()
    }

    // MARK: Life

    /// Returns once there is a connection.
    /// - Throws: `CancellationError` when the calling task is cancelled first.
    package func waitUntilConnected() async throws {
        let id = state.withLock { $0.nextWaiter() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let resumesNow = state.withLock { $0.wait(id, continuation) }
                if resumesNow { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.cancelWait(id) }?.resume()
        }
        state.withLock { $0.forgetWait(id) }
        try Task.checkCancellation()
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown { await self.keepConnected() }
    }

    private func keepConnected() async {
        var backoff = settings.backoff
        while !Task.isCancelled {
            let reason: RedisError
            do throws(RedisError) {
                let connection = try await connector.connect(on: loop)
                backoff.reset()
                logger.info("redis connected", metadata: ["redis": "\(settings.endpoint)"])
                reason = await withTaskCancellationHandler {
                    for waiter in state.withLock({ $0.connected(connection) }) { waiter.resume() }
                    await connection.closed()
                    return await connection.closeReason ?? RedisError(.closed)
                } onCancel: {
                    connection.close()
                }
            } catch {
                reason = error
            }
            state.withLock { $0.disconnected(reason) }
            guard !Task.isCancelled else { break }
            logger.warning("redis unavailable", metadata: ["redis": "\(settings.endpoint)", "reason": "\(reason)"])
            // Cancellation ends the wait, and then the loop.
            try? await Task.sleep(for: backoff.next())
        }
        state.withLock { $0.disconnected(RedisError(.closed, "the client has shut down")) }
    }
}
