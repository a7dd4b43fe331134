// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import GRDB
internal import Logging
internal import ServiceLifecycle
internal import Synchronization
internal import TestSupport

@testable import Store

/// A store with jobs, runners over it, and a clock that the test moves.
final class JobWorkshop: Sendable {
    struct Broken: Error {}

    let database: ServiceDatabase
    let clock = ManualClock()
    private let scratch: Mutex<Scratch>

    init() throws {
        let scratch = Scratch()
        database = try ServiceDatabase.open(path: scratch.database, migrations: migrations)
        self.scratch = Mutex(scratch)
    }

    var now: Int64 { Int64(clock.unixMilliseconds) }

    /// Polls every few milliseconds; what is due depends on the test's clock alone.
    func runner(_ handlers: JobHandler..., database other: ServiceDatabase? = nil, lease: Duration = .seconds(60))
        -> JobRunner
    {
        var timing = JobRunner.Timing()
        timing.lease = lease
        timing.now = { [clock] in Int64(clock.unixMilliseconds) }
        timing.random = { 0.999_999 }
        timing.sleep = { _ in try await Task.sleep(for: .milliseconds(3)) }
        return JobRunner(
            database: other ?? database,
            handlers: handlers,
            timing: timing,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    func anotherProcess() throws -> ServiceDatabase {
        try ServiceDatabase.open(path: database.path, migrations: migrations)
    }

    func enqueue(_ kind: String, key: String? = nil, in delay: Duration = .zero) async throws {
        let now = now
        try await database.write {
            try JobQueue.enqueue(NewJob(kind: kind, key: key, runAt: now + delay.milliseconds), at: now, in: $0)
        }
    }

    func jobs() async throws -> [Job] {
        try await database.read { try JobQueue.list(limit: 100_000, in: $0).reversed() }
    }

    func things() async throws -> [String] {
        try await database.read { try String.fetchAll($0, sql: "SELECT name FROM things ORDER BY id") }
    }

    /// A quick job that leaves a row: a second performance would violate its uniqueness.
    static func leavesThing(_ kind: String) -> JobHandler {
        JobHandler(
            kind,
            attempts: 1,
            work: .transaction { job, database in
                try database.execute(sql: "INSERT INTO things (name) VALUES (?)", arguments: ["\(job.id)"])
            }
        )
    }
}

extension [JobRunner] {
    /// Runs as in a process, and stops gracefully when `body` is done.
    func whileRunning(_ body: () async throws -> Void) async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let group = ServiceGroup(configuration: .init(services: self, logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await body()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }
}
