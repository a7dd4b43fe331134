// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import GRDB
package import Logging
internal import ServiceLifecycle

/// Delivers an outbox: in order, at least once, for as long as it takes.
///
///     commit ─► wake ─┐                     ┌─ delivered ─► rows marked, pruned after `retention`
///     slow poll ──────┴─► batch ─► deliver ─┼─ rejected ──► that row set aside with its reason
///                           ▲               └─ failed ────► wait (jitter, capped), the same batch again
///                           └───────────────────────────────┘
///
/// A crash between delivery and mark delivers again: receivers de-duplicate by `OutboxEvent.id`. On graceful shutdown
/// one last batch run is tried for at most `Timing.farewell`; what is left stays in the table for the next start.
/// `run` may be called once. Of several processes on one database one delivers at a time, whatever all of them wrote
/// (`OutboxLease`): nothing is said twice unless its holder dies, or is silent for longer than `Timing.lease`.
package struct OutboxRelay: Service, Sendable {
    package typealias Deliver = @Sendable ([OutboxRow]) async throws -> Void

    package struct Timing: Sendable {
        /// How long a lost wake-up can delay a row.
        package var poll: Duration = .seconds(5)
        package var retry = RetryPolicy()
        /// How long delivered rows are kept, for people who look.
        package var retention: Duration = .seconds(24 * 3600)
        package var farewell: Duration = .seconds(2)
        /// How long a process that died keeps the others from delivering.
        package var lease: Duration = .seconds(15)
        /// Unix milliseconds.
        package var now: @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1000) }
        package var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
        package var random: @Sendable () -> Double = { Double.random(in: 0..<1) }

        package init() {}
    }

    /// Rows per call of `deliver`.
    package static let batch = 100

    private let database: ServiceDatabase
    private let replays: Bool
    private let deliver: Deliver
    private let logger: Logger
    private let metrics: OutboxMetrics
    private let timing: Timing
    private let wakes: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation
    /// Under which the lease is held: of this relay alone.
    private let owner = OutboxEvent.freshID()

    /// - Parameters:
    ///   - replaysDelivered: for a receiver in memory, which forgets what it took when the process ends: each run begins by
    ///     delivering again what was delivered within `retention`.
    ///   - deliver: gets at most `batch` rows in order; throwing means that none, some or all arrived and the
    ///     whole batch is given again. `OutboxRejection` sets one row aside instead.
    package init(
        database: ServiceDatabase,
        timing: Timing = Timing(),
        replaysDelivered: Bool = false,
        deliver: @escaping Deliver,
        logger: Logger
    ) {
        self.database = database
        self.timing = timing
        self.replays = replaysDelivered
        self.deliver = deliver
        self.logger = logger
        self.metrics = OutboxMetrics(service: database.name)
        (self.wakes, self.waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Any thread. Merged while one is pending. Commits wake the relay by themselves.
    package func wake() {
        self.waker.yield()
    }

    package func run() async throws {
        let waker = self.waker
        let observer = CommitObserver(table: Outbox.table) { waker.yield() }
        try await self.database.pool.writeWithoutTransaction { database in
            database.add(transactionObserver: observer, extent: .databaseLifetime)
        }
        await withGracefulShutdownHandler {
            await withTaskGroup { group in
                group.addTask { await self.tick() }
                await self.followWakes()
                group.cancelAll()
            }
        } onGracefulShutdown: {
            waker.finish()
        }
        try? await self.database.pool.writeWithoutTransaction { [owner] database in  // fails only on a closed database
            database.remove(transactionObserver: observer)
            // Where this fails the lease runs out by itself.
            try? OutboxLease.release(owner, in: database)
        }
        try Task.checkCancellation()
    }

    /// Wakes at once (rows of the last run may wait) and then every `poll`.
    private func tick() async {
        while !Task.isCancelled {
            self.wake()
            await self.count()
            do { try await self.timing.sleep(self.timing.poll) } catch { return }
        }
    }

    private func count() async {
        let counted = try? await self.database.read { database in  // a store that fails is told by its writers
            (rows: try Outbox.backlog(in: database), oldest: try Outbox.oldest(in: database))
        }
        guard let counted else { return }
        let age = counted.oldest.map { max(0, self.timing.now() - $0) } ?? 0
        self.metrics.waiting(counted.rows, age: .milliseconds(age))
    }

    private func followWakes() async {
        var backoff = DeliveryBackoff(policy: self.timing.retry)
        var prunedAt: Int64 = 0
        var mustReplay = self.replays
        for await _ in self.wakes {
            while !Task.isCancelled, !Task.isShuttingDownGracefully {
                switch await self.deliverBatch(&backoff, &mustReplay) {
                case .more: continue
                case .wait(let duration): await self.pause(duration)
                case .empty: await self.prune(&prunedAt)
                case .othersTurn: _ = backoff.succeeded()
                }
                if backoff.failures == 0 { break }
            }
        }
        if !Task.isCancelled { await self.sayFarewell(backoff, mustReplay) }
    }

    private enum BatchOutcome {
        case more
        case empty
        /// Another process delivers, these rows too; should it die, the next poll finds its lease run out.
        case othersTurn
        case wait(Duration)
    }

    private func deliverBatch(_ backoff: inout DeliveryBackoff, _ mustReplay: inout Bool) async -> BatchOutcome {
        do {
            if mustReplay {
                try await self.database.write { try Outbox.reopen(in: $0) }
                mustReplay = false
            }
            guard let rows = try await self.claim() else { return .othersTurn }
            guard !rows.isEmpty else {
                _ = backoff.succeeded()
                return .empty
            }
            try await self.deliver(rows)
            let now = self.timing.now()
            try await self.database.write { [owner] database in
                try Outbox.markDelivered(rows, at: now, in: database)
                try OutboxLease.settle(owner, in: database)
            }
            self.metrics.delivered(rows.count)
            if backoff.succeeded() { self.logger.notice("outbox delivers again") }
            return .more
        } catch let rejection as OutboxRejection {
            return await self.setAside(rejection, &backoff)
        } catch {
            return self.retry(after: error, &backoff)
        }
    }

    /// The oldest rows, held for as long as the lease lasts; `nil` where another process has it.
    private func claim() async throws -> [OutboxRow]? {
        // Most wakes of several processes find nothing: a look costs no write.
        guard try await self.database.read({ try Outbox.isAnythingPending(in: $0) }) else { return [] }
        let now = self.timing.now()
        let (seconds, attoseconds) = self.timing.lease.components
        let until = now + seconds * 1000 + attoseconds / 1_000_000_000_000_000
        return try await self.database.write { [owner] database in
            let rows = try Outbox.pending(limit: Self.batch, in: database)
            guard !rows.isEmpty else { return [] }
            return try OutboxLease.take(owner, until: until, at: now, in: database) ? rows : nil
        }
    }

    private func setAside(_ rejection: OutboxRejection, _ backoff: inout DeliveryBackoff) async -> BatchOutcome {
        do {
            try await self.database.write { [owner] database in
                try Outbox.refuse(rejection.position, reason: rejection.reason, in: database)
                try OutboxLease.settle(owner, in: database)
            }
            self.metrics.refused()
            self.logger.error(
                "outbox row refused and set aside",
                metadata: ["outbox.position": "\(rejection.position)", "error": "\(rejection.reason)"]
            )
            return .more
        } catch {
            return self.retry(after: error, &backoff)
        }
    }

    private func retry(after error: any Error, _ backoff: inout DeliveryBackoff) -> BatchOutcome {
        self.metrics.failed()
        let decision = backoff.failed(random: self.timing.random())
        if decision.isWorthALogLine, !(error is CancellationError) {
            self.logger.warning(
                "outbox not delivered, will retry",
                metadata: ["error": "\(error)", "failures": "\(backoff.failures)", "wait": "\(decision.wait)"]
            )
        }
        return .wait(decision.wait)
    }

    /// Ends early on shutdown and on cancellation; the loop looks at both right after.
    private func pause(_ duration: Duration) async {
        let sleep = self.timing.sleep
        await cancelWhenGracefulShutdown {
            do { try await sleep(duration) } catch { return }
        }
    }

    private func prune(_ prunedAt: inout Int64) async {
        let now = self.timing.now()
        guard now - prunedAt >= 60_000 else { return }
        prunedAt = now
        let limit = now - Int64(self.timing.retention.components.seconds) * 1000
        do {
            _ = try await self.database.write { try Outbox.prune(deliveredBefore: limit, limit: 1000, in: $0) }
        } catch {
            self.logger.warning("outbox not pruned", metadata: ["error": "\(error)"])
        }
    }

    /// What committed while the server was draining still goes out, unless the receiver is down or slow.
    private func sayFarewell(_ backoff: DeliveryBackoff, _ mustReplay: Bool) async {
        await withTaskGroup { group in
            group.addTask {
                var (backoff, mustReplay) = (backoff, mustReplay)
                while case .more = await self.deliverBatch(&backoff, &mustReplay), !Task.isCancelled {}
            }
            group.addTask {
                do { try await Task.sleep(for: self.timing.farewell) } catch { return }
            }
            await group.next()
            group.cancelAll()
        }
    }
}
