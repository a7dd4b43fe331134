// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Logging
package import Redis
internal import Wire

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
        try await publish([event])
    }

    /// One write to Redis for all of them.
    package func publish(_ events: [DomainEvent]) async throws(EventLogError) {
        var commands: [[RedisArgument]] = []
        for event in events {
            let bytes = try event.check(limits: limits)
            commands.append([
                "XADD", .string(stream), "MAXLEN", "~", RedisArgument(limits.retainedEvents), "*", "event",
                .bytes(bytes),
            ])
        }
        let replies = try await answered { () async throws(RedisError) in
            .array(try await client.pipeline(commands))
        }
        if let error = replies.array?.lazy.compactMap(\.error).first { throw EventLogError(.unavailable, error) }
    }

    package func consume(
        group: String,
        consumer: String,
        handler: @escaping @Sendable (DomainEvent) async throws -> Void
    ) async throws {
        var backoff = client.settings.backoff
        let lease = RedisBusLease(
            client: client,
            key: "\(stream):lease:\(group)",
            token: "\(consumer) \(UInt64.random(in: .min ... .max))",
            duration: limits.lease
        )
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
                    lease: lease,
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

extension RedisEventBus: DeadLetters {
    static func deadLetters(of stream: String) -> String { stream + ":dead" }

    /// KEYS: dead letters, stream. ARGV: id. Moves it back for its group.
    private static let replay = """
        local found = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])
        if #found == 0 then return 0 end
        local fields = {}
        for index = 1, #found[1][2], 2 do fields[found[1][2][index]] = found[1][2][index + 1] end
        redis.call('XADD', KEYS[2], '*', 'event', fields['event'], 'group', fields['group'])
        return redis.call('XDEL', KEYS[1], ARGV[1])
        """

    private var dead: RedisArgument { .string(Self.deadLetters(of: stream)) }

    package func deadLetters(limit: Int) async throws(EventLogError) -> [DeadLetter] {
        try await letters("-", "+", limit: limit)
    }

    package func deadLetter(_ id: String) async throws(EventLogError) -> DeadLetter? {
        guard Cursor(id) != nil else { return nil }
        return try await letters(.string(id), .string(id), limit: 1).first
    }

    package func replayDeadLetter(_ id: String) async throws(EventLogError) -> Bool {
        guard Cursor(id) != nil else { return false }
        return try await answered { () async throws(RedisError) in
            try await client.eval(Self.replay, keys: [dead, .string(stream)], arguments: [.string(id)])
        }.integer == 1
    }

    package func dropDeadLetter(_ id: String) async throws(EventLogError) -> Bool {
        guard Cursor(id) != nil else { return false }
        return try await answered { () async throws(RedisError) in
            try await client.send(["XDEL", dead, .string(id)])
        }.integer == 1
    }

    private func letters(
        _ first: RedisArgument,
        _ last: RedisArgument,
        limit: Int
    ) async throws(EventLogError) -> [DeadLetter] {
        let reply = try await answered { () async throws(RedisError) in
            try await client.send(["XRANGE", dead, first, last, "COUNT", RedisArgument(limit)])
        }
        let entries: [StreamEntry]
        do throws(RedisError) { entries = try StreamEntry.list(reply) } catch {
            throw EventLogError(.unavailable, error.description)
        }
        return entries.map { entry in
            DeadLetter(
                id: "\(entry.id)",
                group: entry.text("group") ?? "",
                event: entry["event"] ?? [],
                reason: entry.text("reason") ?? ""
            )
        }
    }

    private func answered(
        _ ask: () async throws(RedisError) -> RESPValue
    ) async throws(EventLogError) -> RESPValue {
        do throws(RedisError) { return try await ask() } catch {
            throw EventLogError(.unavailable, error.description)
        }
    }
}
