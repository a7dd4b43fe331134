// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Logging
internal import Redis
internal import Store
internal import Wire

/// One consumer of one group on one connection. While it holds the group's lease it handles what is pending, its predecessor's
/// included, and what is new, in order per subject; without it, it stands by.
struct RedisBusConsumer {
    /// Lines of one XPENDING, entries of one read.
    private static let page = 64

    /// New events, unless the lease is another's by now: then nil, and nothing is taken. KEYS: stream, lease. ARGV: group,
    /// consumer, token, count.
    private static let readAsHolder = """
        if redis.call('GET', KEYS[2]) ~= ARGV[3] then return false end
        return redis.call('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', ARGV[4], 'STREAMS', KEYS[1], '>') or {}
        """

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
    let lease: RedisBusLease
    let limits: BusLimits
    let logger: Logger
    let handler: @Sendable (DomainEvent) async throws -> Void

    private var metrics: BusMetrics { BusMetrics(group: group) }

    /// Until the connection breaks, the lease is lost or the task is cancelled. `proved` is called when Redis answered.
    func run(proved: () -> Void) async -> Result<Void, RedisError> {
        do throws(RedisError) {
            try await makeGroup()
            while !Task.isCancelled {
                if try await lease.isOurs() {
                    proved()
                    let end = await lead()
                    if Task.isCancelled { await lease.release() }
                    try end.get()
                } else {
                    proved()
                    // Cancellation ends the wait, and then the loop.
                    try? await Task.sleep(for: limits.block)
                }
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

    // MARK: With the lease

    /// Works beside a heart that renews the lease three times in its life; who ends first ends the other.
    private func lead() async -> Result<Void, RedisError> {
        await withTaskGroup(of: Result<Void, RedisError>.self) { tasks in
            tasks.addTask { await self.work() }
            tasks.addTask { await self.keepLease() }
            defer { tasks.cancelAll() }
            return await tasks.next() ?? .success(())
        }
    }

    private func keepLease() async -> Result<Void, RedisError> {
        while !Task.isCancelled {
            // Cancellation ends the wait, and then the loop.
            try? await Task.sleep(for: lease.duration / 3)
            do throws(RedisError) {
                guard try await lease.isOurs() || Task.isCancelled else { return .success(()) }
            } catch {
                return .failure(error)
            }
        }
        return .success(())
    }

    private func work() async -> Result<Void, RedisError> {
        var order = DeliveryOrder<Cursor>()
        var fresh: [Cursor: DomainEvent] = [:]
        var last: Cursor?
        /// Where the pending ones that were not looked at yet begin; nil when all were.
        var pendingFrom: RedisArgument? = "-"
        do throws(RedisError) {
            while !Task.isCancelled {
                while let start = pendingFrom, order.count < limits.unfinished {
                    pendingFrom = try await loadPending(from: start, into: &order)
                }
                while let (id, attempt) = order.next(now: .now), !Task.isCancelled {
                    let known = fresh.removeValue(forKey: id)
                    try await handle(id, known, attempt: attempt, &order)
                }
                fresh = [:]
                metrics.unfinished(order.count)
                let wait = order.nextDue.map { min(limits.block, max(.milliseconds(1), $0 - .now)) } ?? limits.block
                if pendingFrom == nil, order.count < limits.unfinished {
                    last = try await readFresh(after: last, for: wait, into: &order, &fresh) ?? last
                } else {
                    // Cancellation ends the wait, and then the loop.
                    try? await Task.sleep(for: wait)
                }
            }
            return .success(())
        } catch {
            return .failure(error)
        }
    }

    /// Waits for news, then takes them, atomically with a look at the lease: who lost it takes nothing that its successor would not
    /// know of.
    /// - Returns: the last one's id, nil where there was none.
    private func readFresh(
        after last: Cursor?,
        for wait: Duration,
        into order: inout DeliveryOrder<Cursor>,
        _ fresh: inout [Cursor: DomainEvent]
    ) async throws(RedisError) -> Cursor? {
        if try await takeFresh(into: &order, &fresh) { return fresh.keys.max() }
        _ = try await connection.send(
            [
                "XREAD", "COUNT", 1, "BLOCK", RedisArgument(max(1, wait.wholeMilliseconds)), "STREAMS",
                .string(stream), .string(last.map { "\($0)" } ?? "$"),
            ],
            timeout: wait + .seconds(5)
        )
        return nil
    }

    /// False: there was nothing.
    private func takeFresh(
        into order: inout DeliveryOrder<Cursor>,
        _ fresh: inout [Cursor: DomainEvent]
    ) async throws(RedisError) -> Bool {
        let reply = try await connection.eval(
            Self.readAsHolder,
            keys: [.string(stream), .string(lease.key)],
            arguments: [.string(group), .string(consumer), .string(lease.token), RedisArgument(Self.page)]
        )
        let entries = try StreamEntry.of(stream, in: reply)
        for entry in entries {
            guard let event = try await readable(entry) else { continue }
            fresh[entry.id] = event
            order.add(entry.id, subject: event.orderKey)
        }
        return !entries.isEmpty
    }

    /// What the group was given before and did not finish, ours now. Answers where the next page begins.
    private func loadPending(
        from start: RedisArgument,
        into order: inout DeliveryOrder<Cursor>
    ) async throws(RedisError) -> RedisArgument? {
        let reply = try await connection.send([
            "XPENDING", .string(stream), .string(group), start, "+", RedisArgument(Self.page),
        ])
        let lines = (reply.array ?? []).compactMap { PendingLine($0) }
        for line in lines {
            let found = try await connection.send([
                "XRANGE", .string(stream), .string("\(line.id)"), .string("\(line.id)"),
            ])
            guard let entry = try StreamEntry.list(found).first else {
                logger.error(
                    "domain event trimmed before it was handled",
                    metadata: ["group": "\(group)", "id": "\(line.id)"]
                )
                try await acknowledge(line.id)
                continue
            }
            guard let event = try await readable(entry) else { continue }
            guard line.deliveries < limits.attempts else {
                try await bury(line.id, event.encoded(), reason: "\(line.deliveries) deliveries, none of them finished")
                continue
            }
            let rest = limits.rest(after: line.deliveries) - line.idle
            order.add(line.id, subject: event.orderKey, deliveries: line.deliveries, due: .now + max(.zero, rest))
        }
        guard lines.count == Self.page, let last = lines.last else { return nil }
        return .string("(\(last.id)")
    }

    /// Nil for what is not for us: it is acknowledged, or set aside where nobody can read it.
    private func readable(_ entry: StreamEntry) async throws(RedisError) -> DomainEvent? {
        if let only = entry.text("group"), only != group {
            try await acknowledge(entry.id)
            return nil
        }
        let bytes = entry["event"] ?? []
        do throws(DomainEvent.FormatError) {
            return try DomainEvent(decoding: bytes)
        } catch {
            try await bury(entry.id, bytes, reason: "unreadable: \(error)")
            return nil
        }
    }

    // MARK: One event

    /// - Parameter known: nil when it waited: then it is fetched again, so that waiting events cost no memory.
    private func handle(
        _ id: Cursor,
        _ known: DomainEvent?,
        attempt: Int,
        _ order: inout DeliveryOrder<Cursor>
    ) async throws(RedisError) {
        let found: DomainEvent?
        if let known { found = known } else { found = try await fetch(id, attempt: attempt) }
        guard let event = found else {
            logger.error("domain event trimmed before it was handled", metadata: ["group": "\(group)", "id": "\(id)"])
            try await acknowledge(id)
            return order.handled(id)
        }
        do {
            try await handler(event)
        } catch {
            guard !Task.isCancelled else { return order.released(id) }
            return try await failed(id, event, attempt: attempt, DeliveryFailure(error), &order)
        }
        try await acknowledge(id)
        order.handled(id)
        metrics.ended(.handled)
    }

    /// Sets the count of deliveries too, for whoever takes over.
    private func fetch(_ id: Cursor, attempt: Int) async throws(RedisError) -> DomainEvent? {
        let claimed = try await connection.send([
            "XCLAIM", .string(stream), .string(group), .string(consumer), "0", .string("\(id)"), "RETRYCOUNT",
            RedisArgument(attempt),
        ])
        guard let bytes = try StreamEntry.list(claimed).first?["event"] else { return nil }
        // It was readable when it was put in line.
        return try? DomainEvent(decoding: bytes)
    }

    private func failed(
        _ id: Cursor,
        _ event: DomainEvent,
        attempt: Int,
        _ failure: DeliveryFailure,
        _ order: inout DeliveryOrder<Cursor>
    ) async throws(RedisError) {
        logger.warning(
            "domain event not handled",
            metadata: [
                "event.id": "\(event.id)", "event.type": "\(event.type)", "group": "\(group)",
                "attempt": "\(attempt)", "reason": "\(failure.reason)", "request.id": "\(event.cause.requestID ?? "")",
            ]
        )
        switch order.failed(id, counts: failure.isTheEvents, now: .now, limits: limits) {
        case .retry: metrics.ended(.retried)
        case .deadLetter:
            try await bury(id, event.encoded(), reason: "\(attempt) deliveries failed, the last one: \(failure.reason)")
        }
    }

    /// In a task of its own, since a stop in this very moment must not have a handled event handled again.
    private func acknowledge(_ id: Cursor) async throws(RedisError) {
        let sending = Task { [client, stream, group] () async -> RedisError? in
            do throws(RedisError) {
                _ = try await client.send(["XACK", .string(stream), .string(group), .string("\(id)")])
                return nil
            } catch {
                return error
            }
        }
        if let error = await sending.value { throw error }
    }

    private func bury(_ id: Cursor, _ event: [UInt8], reason: String) async throws(RedisError) {
        metrics.ended(.dead)
        logger.error("domain event set aside", metadata: ["group": "\(group)", "id": "\(id)", "reason": "\(reason)"])
        _ = try await connection.eval(
            Self.bury,
            keys: [.string(RedisEventBus.deadLetters(of: stream)), .string(stream)],
            arguments: [
                RedisArgument(limits.deadLetters), .string(group), .string("\(id)"), .bytes(event), .string(reason),
            ]
        )
    }
}

/// A line of XPENDING: what somebody of the group was given and has not acknowledged.
private struct PendingLine {
    let id: Cursor
    /// Since the last delivery.
    let idle: Duration
    let deliveries: Int

    init?(_ value: RESPValue) {
        guard let parts = value.array, parts.count == 4, let id = parts[0].string.flatMap({ Cursor($0) }),
            let idle = parts[2].integer, let deliveries = parts[3].integer
        else { return nil }
        self.id = id
        self.idle = .milliseconds(idle)
        self.deliveries = Int(deliveries)
    }
}
