// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Logging
package import NIOCore
internal import Synchronization

/// Channels and patterns subscribed on a connection of their own, again after every loss of it.
package final class RedisSubscription: Sendable {
    package enum Event: Sendable, Hashable {
        /// Subscribed now, at first and after every reconnect: whatever was published before may have been missed.
        case reset
        case message(RedisMessage)
        /// The connection is gone; a reconnect is under way.
        case interrupted(RedisError)
    }

    private let connector: RedisConnector
    private let loop: any EventLoop
    private let patterns: [String]
    private let channels: [String]
    private let logger: Logger
    private let current = Mutex<RedisConnection?>(nil)

    package init(
        connector: RedisConnector,
        loop: any EventLoop,
        patterns: [String],
        channels: [String],
        logger: Logger
    ) {
        precondition(!patterns.contains("*"), "PSUBSCRIBE * would read what is not ours, such as task results")
        self.connector = connector
        self.loop = loop
        self.patterns = patterns
        self.channels = channels
        self.logger = logger
    }

    /// Runs until the calling task is cancelled. `handler` is called serially, on one event loop, and must not block:
    /// Redis cuts a subscriber that leaves 8 MB unread for a minute.
    package func run(_ handler: @escaping @Sendable (Event) -> Void) async throws {
        var backoff = connector.settings.backoff
        while !Task.isCancelled {
            let reason: RedisError
            do throws(RedisError) {
                reason = try await session(handler) { backoff.reset() }
            } catch {
                reason = error
            }
            guard !Task.isCancelled else { return }
            logger.warning("redis subscription interrupted", metadata: ["reason": "\(reason)"])
            loop.execute { handler(.interrupted(reason)) }
            // Cancellation ends the wait, and then the loop.
            try? await Task.sleep(for: backoff.next())
        }
    }

    /// Gives the present connection up; `run` makes a new one. For those who know better than TCP that it is deaf.
    package func reconnect() {
        current.withLock { $0 }?.close()
    }

    private func session(
        _ handler: @escaping @Sendable (Event) -> Void,
        connected: () -> Void
    ) async throws(RedisError) -> RedisError {
        let connection = try await connector.connect(on: loop)
        connected()
        current.withLock { $0 = connection }
        defer { current.withLock { $0 = nil } }
        return await withTaskCancellationHandler {
            do throws(RedisError) {
                try await subscribe(connection, handler)
            } catch {
                connection.close()
                return error
            }
            await connection.closed()
            return await connection.closeReason ?? RedisError(.closed)
        } onCancel: {
            connection.close()
        }
    }

    private func subscribe(
        _ connection: RedisConnection,
        _ handler: @escaping @Sendable (Event) -> Void
    ) async throws(RedisError) {
        var commands: [[RedisArgument]] = []
        if !patterns.isEmpty { commands.append(["PSUBSCRIBE"] + patterns.map { RedisArgument($0) }) }
        if !channels.isEmpty { commands.append(["SUBSCRIBE"] + channels.map { RedisArgument($0) }) }
        let state = NIOLoopBoundBox.makeBoxSendingValue(
            SubscriptionState(subscriptions: patterns.count + channels.count),
            eventLoop: loop
        )
        let logger = logger
        try await connection.subscribe(commands) { value in
            switch state.value.receive(value) {
            case .none: break
            case .established: handler(.reset)
            case .deliver(let message): handler(.message(message))
            case .close(let error):
                logger.warning("redis subscription refused", metadata: ["reason": "\(error)"])
                connection.close()
            }
        }
    }
}
