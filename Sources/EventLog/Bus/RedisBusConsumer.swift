// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Logging
internal import Redis
internal import Wire

/// One consumer of one group on one connection: new events, and pending ones whose rest is over. One event at a time.
struct RedisBusConsumer {
    /// Lines of one XPENDING.
    private static let page = 64

    /// Sets an event aside and acknowledges it. KEYS: dead letters, stream. ARGV: length to keep, group, id, event,
    /// reason.
    private static let bury = """
        redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*',
            'group', ARGV[2], 'id', ARGV[3], 'event', ARGV[4], 'reason', ARGV[5])
        return redis.call('XACK', KEYS[2], ARGV[2], ARGV[3])
        """

    /// Blocks in reads, and is closed when the consumer is cancelled.
    let connection: RedisConnection
    /// For acknowledgements, which outlive that.
    let client: RedisClient
    let stream: String
    let group: String
    let consumer: String
    let limits: BusLimits
    let logger: Logger
    let handler: @Sendable (DomainEvent) async throws -> Void

    /// Until the connection breaks or the task is cancelled. `proved` is called when Redis answered a read.
    func run(proved: () -> Void) async -> Result<Void, RedisError> {
        do throws(RedisError) {
            try await makeGroup()
            var nextSweep = ContinuousClock.now
            while !Task.isCancelled {
                if nextSweep <= .now {
                    try await sweep()
                    nextSweep = .now + limits.block
                }
                let fresh = try await readFresh()
                proved()
                for entry in fresh where !Task.isCancelled { try await handle(entry, attempt: 1) }
            }
            return .success(())
        } catch {
            return .failure(error)
        }
    }

    /// From the stream's beginning: a group that comes late gets what is still there.
    private func makeGroup() async throws(RedisError) {
        do throws(RedisError) {
            _ = try await connection.send(["XGROUP", "CREATE", .string(stream), .string(group), "0", "MKSTREAM"])
        } catch {
            guard error.serverText?.hasPrefix("BUSYGROUP") == true else { throw error }
        }
    }

    private func readFresh() async throws(RedisError) -> [StreamEntry] {
        let reply = try await connection.send(
            [
                "XREADGROUP", "GROUP", .string(group), .string(consumer), "COUNT", 1,
                "BLOCK", RedisArgument(max(1, limits.block.wholeMilliseconds)), "STREAMS", .string(stream), ">",
            ],
            timeout: limits.block + .seconds(5)
        )
        return try StreamEntry.of(stream, in: reply)
    }

    // MARK: What was not acknowledged

    private func sweep() async throws(RedisError) {
        var start: RedisArgument = "-"
        while !Task.isCancelled {
            let reply = try await connection.send([
                "XPENDING", .string(stream), .string(group), "IDLE", RedisArgument(limits.retryBase.wholeMilliseconds),
                start, "+", RedisArgument(Self.page),
            ])
            let lines = (reply.array ?? []).compactMap { PendingDelivery($0) }
            for line in lines where !Task.isCancelled { try await take(line) }
            guard lines.count == Self.page, let last = lines.last else { return }
            start = .string("(\(last.id)")
        }
    }

    private func take(_ pending: PendingDelivery) async throws(RedisError) {
        let verdict = pending.verdict(for: consumer, limits: limits)
        guard verdict != .rest else { return }
        // Only one consumer wins: the claim begins a new rest.
        let rest = pending.rest(for: consumer, limits: limits).wholeMilliseconds
        let claim = try await connection.send([
            "XCLAIM", .string(stream), .string(group), .string(consumer), RedisArgument(rest), .string("\(pending.id)"),
        ])
        for entry in try StreamEntry.list(claim) {
            if verdict == .deadLetter {
                try await bury(entry, reason: "\(pending.deliveries) deliveries failed")
            } else {
                try await handle(entry, attempt: pending.deliveries + 1)
            }
        }
    }

    // MARK: One event

    private func handle(_ entry: StreamEntry, attempt: Int) async throws(RedisError) {
        let event: DomainEvent
        do throws(DomainEvent.FormatError) {
            event = try DomainEvent(decoding: entry["event"] ?? [])
        } catch {
            return try await bury(entry, reason: "unreadable: \(error)")
        }
        do {
            try await handler(event)
        } catch {
            guard !Task.isCancelled else { return }
            logger.warning(
                "domain event not handled",
                metadata: [
                    "event.id": "\(event.id)", "event.type": "\(event.type)", "group": "\(group)",
                    "attempt": "\(attempt)", "reason": "\(error)",
                ]
            )
            if attempt >= limits.attempts { try await bury(entry, reason: "\(attempt) deliveries failed") }
            return
        }
        try await acknowledge(entry)
    }

    /// In a task of its own, since a stop in this very moment must not have a handled event handled again.
    private func acknowledge(_ entry: StreamEntry) async throws(RedisError) {
        let sending = Task { [client, stream, group] () async -> RedisError? in
            do throws(RedisError) {
                _ = try await client.send(["XACK", .string(stream), .string(group), .string("\(entry.id)")])
                return nil
            } catch {
                return error
            }
        }
        if let error = await sending.value { throw error }
    }

    private func bury(_ entry: StreamEntry, reason: String) async throws(RedisError) {
        logger.error(
            "domain event set aside",
            metadata: ["group": "\(group)", "id": "\(entry.id)", "reason": "\(reason)"]
        )
        _ = try await connection.eval(
            Self.bury,
            keys: [.string(stream + ":dead"), .string(stream)],
            arguments: [
                RedisArgument(limits.deadLetters), .string(group), .string("\(entry.id)"),
                .bytes(entry["event"] ?? []), .string(reason),
            ]
        )
    }
}
