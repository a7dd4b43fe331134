// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Logging
package import Redis

/// The services' bus on one Redis stream with consumer groups. Redis 7.0 or newer.
package final class RedisEventBus: EventBus {
    private let client: RedisClient
    private let stream: String
    private let limits: BusLimits
    private let logger: Logger

    /// - Parameters:
    ///   - client: run by the caller; each consumer takes a connection of its own beside it.
    ///   - stream: dead letters go to `<stream>:dead`. At about `limits.retainedEvents` the oldest are trimmed, handled
    ///     or not.
    package init(
        client: RedisClient,
        stream: String = "gatecast:events",
        limits: BusLimits = BusLimits(),
        logger: Logger
    ) {
        self.client = client
        self.stream = stream
        self.limits = limits
        self.logger = logger
    }

    package func publish(_ event: DomainEvent) async throws(EventLogError) {
        let bytes = try event.check(limits: limits)
        do throws(RedisError) {
            _ = try await client.send(
                "XADD",
                .string(stream),
                "MAXLEN",
                "~",
                RedisArgument(limits.retainedEvents),
                "*",
                "event",
                .bytes(bytes)
            )
        } catch {
            throw EventLogError(.unavailable, error.description)
        }
    }

    package func consume(
        group: String,
        consumer: String,
        handler: @escaping @Sendable (DomainEvent) async throws -> Void
    ) async throws {
        var backoff = client.settings.backoff
        let loop = client.anyEventLoop()
        while !Task.isCancelled {
            do throws(RedisError) {
                let connection = try await client.connector.connect(on: loop)
                defer { connection.close() }
                let turn = RedisBusConsumer(
                    connection: connection,
                    client: client,
                    stream: stream,
                    group: group,
                    consumer: consumer,
                    limits: limits,
                    logger: logger,
                    handler: handler
                )
                let result = await withTaskCancellationHandler {
                    await turn.run { backoff.reset() }
                } onCancel: {
                    connection.close()
                }
                try result.get()
            } catch {
                guard !Task.isCancelled else { break }
                logger.warning("event bus unreachable", metadata: ["group": "\(group)", "reason": "\(error)"])
                // Cancellation ends the wait, and then the loop.
                try? await Task.sleep(for: backoff.next())
            }
        }
    }
}
