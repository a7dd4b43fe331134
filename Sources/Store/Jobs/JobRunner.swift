// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import GRDB
package import Logging
internal import ServiceLifecycle
internal import Synchronization

/// Works off a service's jobs. Any number of runners, in any number of processes, share one store: who starts a job leases
/// its row, and only the holder of the lease can write the job's outcome.
///
///     commit ─► wake ─┐
///     poll ───────────┴─► quick lane: up to `batch` jobs leased, each done in one transaction with its outcome
///                      └► long lanes: one job each, its lease renewed while it runs
///
/// A worker that dies leaves a lease that runs out; then the job is started again, until its attempts are used up. On graceful
/// shutdown long jobs are cancelled and go back in line at their checkpoint.
package struct JobRunner: Service, Sendable {
    package struct Timing: Sendable {
        /// How late a job may start that another process enqueued, or that time alone made due.
        package var poll: Duration = .seconds(1)
        /// How long a worker may be silent before its job is given to another.
        package var lease: Duration = .seconds(60)
        /// How long done and cancelled jobs are kept for people who look; failed ones thirty times as long.
        package var retention: Duration = .seconds(24 * 3600)
        /// Unix milliseconds.
        package var now: @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1000) }
        package var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
        package var random: @Sendable () -> Double = { Double.random(in: 0..<1) }

        package init() {}
    }

    /// Quick jobs leased at a time.
    static let batch = 64

    let database: ServiceDatabase
    let timing: Timing
    let owner: String
    let metrics: JobMetrics
    let logger: Logger
    private let handlers: [String: JobHandler]
    private let lanes: [JobLane]

    /// - Parameters:
    ///   - handlers: at most one for each kind. Jobs of other kinds wait for a program that knows them.
    ///   - longWorkers: long jobs at a time in this process.
    package init(
        database: ServiceDatabase,
        handlers: [JobHandler],
        longWorkers: Int = 2,
        timing: Timing = Timing(),
        logger: Logger
    ) {
        self.database = database
        self.handlers = Dictionary(uniqueKeysWithValues: handlers.map { ($0.kind, $0) })
        self.timing = timing
        let process = ProcessInfo.processInfo
        self.owner = "\(process.hostName):\(process.processIdentifier):\(UUID().uuidString.prefix(8))"
        self.metrics = JobMetrics(service: database.name)
        self.logger = logger
        let quick = handlers.filter { !$0.isLong }.map(\.kind)
        let long = handlers.filter(\.isLong).map(\.kind)
        let longLanes = (0..<longWorkers).map { _ in JobLane(kinds: long, batch: 1) }
        self.lanes = ([JobLane(kinds: quick, batch: Self.batch)] + longLanes).filter { !$0.kinds.isEmpty }
    }

    /// Any thread. Looks for due jobs at once.
    package func wake() {
        for lane in self.lanes { lane.wake() }
    }

    package func run() async throws {
        let lanes = self.lanes
        let observer = CommitObserver(table: JobQueue.table) { for lane in lanes { lane.wake() } }
        try await self.database.pool.writeWithoutTransaction { database in
            database.add(transactionObserver: observer, extent: .databaseLifetime)
        }
        await cancelWhenGracefulShutdown {
            await withTaskGroup { group in
                for lane in lanes { group.addTask { await self.work(lane) } }
                group.addTask { await self.keepTime() }
                await group.waitForAll()
            }
        }
        try? await self.database.pool.writeWithoutTransaction { database in  // fails only on a closed database
            database.remove(transactionObserver: observer)
        }
        try Task.checkCancellation()
    }

    // MARK: Housekeeping

    /// Wakes the lanes at each poll; now and then plans recurring jobs, forgets old ones and counts.
    private func keepTime() async {
        var keptAt = Int64.min
        while !Task.isCancelled {
            let now = self.timing.now()
            if keptAt == .min || now - keptAt >= 15_000 || now < keptAt {
                do {
                    try await self.keepHouse(at: now)
                    keptAt = now
                } catch {
                    self.complain("jobs not looked after", error)
                }
            }
            self.wake()
            do { try await self.timing.sleep(self.timing.poll) } catch { return }
        }
    }

    func keepHouse(at now: Int64) async throws {
        let recurring = self.handlers.values.filter { $0.schedule != nil }
        let retention = self.timing.retention.milliseconds
        try await self.database.write { database in
            for handler in recurring { try Self.plan(handler, at: now, in: database) }
            _ = try JobQueue.prune(
                endedBefore: now - retention,
                failedBefore: now - 30 * retention,
                limit: 1000,
                in: database
            )
        }
        let (counts, oldest) = try await self.database.read { database in
            (try JobQueue.counts(in: database), try JobQueue.oldestDue(at: now, in: database))
        }
        self.metrics.count(counts, lag: .milliseconds(oldest.map { now - $0 } ?? 0))
    }

    private static func plan(_ handler: JobHandler, at now: Int64, in database: GRDB.Database) throws {
        guard let schedule = handler.schedule else { return }
        try JobQueue.schedule(kind: handler.kind, runAt: schedule.next(after: now), at: now, in: database)
    }

    // MARK: Lanes

    private func work(_ lane: JobLane) async {
        var backoff = DeliveryBackoff(policy: RetryPolicy(base: .milliseconds(100), cap: .seconds(10)))
        for await _ in lane.wakes {
            while !Task.isCancelled {
                do {
                    let jobs = try await self.claim(lane)
                    if backoff.succeeded() { self.logger.notice("jobs run again") }
                    guard !jobs.isEmpty else { break }
                    for job in jobs { await self.perform(job) }
                } catch {
                    let decision = backoff.failed(random: self.timing.random())
                    if decision.isWorthALogLine { self.complain("jobs not started, will retry", error) }
                    do { try await self.timing.sleep(decision.wait) } catch { return }
                }
            }
        }
    }

    /// A look first: most polls find nothing, and a look takes no write lock.
    private func claim(_ lane: JobLane) async throws -> [Job] {
        let now = self.timing.now()
        let isDue = try await self.database.read { try JobQueue.isAnythingDue(kinds: lane.kinds, at: now, in: $0) }
        guard isDue else { return [] }
        let lease = self.lease(at: now)
        let handlers = self.handlers
        return try await self.database.write { database in
            for (job, owner) in try JobQueue.abandoned(kinds: lane.kinds, at: now, in: database) {
                guard let handler = handlers[job.kind] else { continue }
                let reason = "its worker went away (\(owner))"
                if job.attempts >= handler.attempts {
                    try JobQueue.fail(job, owner: owner, error: reason, at: now, in: database)
                    try Self.plan(handler, at: now, in: database)
                } else {
                    try JobQueue.release(
                        job,
                        owner: owner,
                        error: reason,
                        counts: true,
                        runAt: now,
                        at: now,
                        in: database
                    )
                }
            }
            return try JobQueue.claim(kinds: lane.kinds, limit: lane.batch, lease: lease, at: now, in: database)
        }
    }

    func lease(at now: Int64) -> JobQueue.Lease {
        JobQueue.Lease(owner: self.owner, until: now + self.timing.lease.milliseconds)
    }

    // MARK: One job

    private func perform(_ job: Job) async {
        guard let handler = self.handlers[job.kind] else { return }
        guard !Task.isCancelled else { return await self.release(job) }
        let start = ContinuousClock.now
        let outcome: JobMetrics.Outcome
        do {
            switch handler.work {
            case .transaction(let body): try await self.commit(job, handler, body)
            case .steps(let body):
                try await self.runLong(job, body)
                try await self.commit(job, handler) { _, _ in }
            }
            outcome = .done
        } catch let error as JobLost {
            self.logger.notice("job lost", metadata: self.metadata(job, error))
            outcome = .lost
        } catch {
            if Task.isCancelled {
                await self.release(job)
                outcome = .released
            } else {
                outcome = await self.fail(job, handler, error)
            }
        }
        self.metrics.ended(job.kind, outcome, took: .now - start)
    }

    /// The outcome first: it fails when the lease is lost, and then nothing of the body is kept.
    private func commit(
        _ job: Job,
        _ handler: JobHandler,
        _ body: @escaping @Sendable (Job, GRDB.Database) throws -> Void
    ) async throws {
        let (now, owner) = (self.timing.now(), self.owner)
        try await self.database.write { database in
            try JobQueue.finish(job, owner: owner, at: now, in: database)
            try body(job, database)
            try Self.plan(handler, at: now, in: database)
        }
    }

    /// The body beside a heart that beats three times a lease; who ends first ends the other.
    private func runLong(
        _ job: Job,
        _ body: @escaping @Sendable (Job, JobProgress) async throws -> Void
    ) async throws {
        let progress = JobProgress(job: job, owner: self.owner, database: self.database)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await body(job, progress) }
            group.addTask {
                while true {
                    try await self.timing.sleep(self.timing.lease / 3)
                    let lease = self.lease(at: self.timing.now())
                    try await self.database.write { try JobQueue.renew(job, lease: lease, in: $0) }
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func fail(_ job: Job, _ handler: JobHandler, _ error: any Error) async -> JobMetrics.Outcome {
        let (now, owner) = (self.timing.now(), self.owner)
        let isLast = job.attempts >= handler.attempts
        let wait = handler.retry.delay(afterFailures: job.attempts, random: self.timing.random()).milliseconds
        let reason = String("\(error)".prefix(1000))
        do {
            try await self.database.write { database in
                if isLast {
                    try JobQueue.fail(job, owner: owner, error: reason, at: now, in: database)
                    try Self.plan(handler, at: now, in: database)
                } else {
                    try JobQueue.release(
                        job,
                        owner: owner,
                        error: reason,
                        counts: true,
                        runAt: now + wait,
                        at: now,
                        in: database
                    )
                }
            }
        } catch let error as JobLost {
            self.logger.notice("job lost", metadata: self.metadata(job, error))
            return .lost
        } catch {
            // Its lease runs out, and then it is started again.
            self.complain("outcome of a job not stored", error)
        }
        self.logger.log(level: isLast ? .error : .warning, "job failed", metadata: self.metadata(job, error))
        return isLast ? .failed : .retried
    }

    /// In a task of its own, since this one is cancelled and the store would refuse it.
    private func release(_ job: Job) async {
        let (now, owner, database) = (self.timing.now(), self.owner, self.database)
        let giving = Task {
            try await database.write { database in
                try JobQueue.release(job, owner: owner, error: nil, counts: false, runAt: now, at: now, in: database)
            }
        }
        do { try await giving.value } catch is JobLost {} catch {
            // Its lease runs out instead.
            self.complain("job not given back", error)
        }
    }

    private func metadata(_ job: Job, _ error: any Error) -> Logger.Metadata {
        [
            "job.id": "\(job.id)", "job.kind": "\(job.kind)", "attempt": "\(job.attempts)", "error": "\(error)",
            "request.id": "\(job.cause.requestID ?? "")",
        ]
    }

    private func complain(_ message: Logger.Message, _ error: any Error) {
        guard !(error is CancellationError) else { return }
        self.logger.warning(message, metadata: ["error": "\(error)"])
    }
}

extension Duration {
    var milliseconds: Int64 { self.components.seconds * 1000 + self.components.attoseconds / 1_000_000_000_000_000 }
}
