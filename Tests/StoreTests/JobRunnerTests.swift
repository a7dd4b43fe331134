// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import GRDB
internal import Synchronization
internal import TestSupport
import Testing

@testable import Store

@Suite("The job runner")
struct JobRunnerTests {
    @Test("A job starts when it is due and not before")
    func dueTime() async throws {
        let shop = try JobWorkshop()
        try await shop.enqueue("a", in: .seconds(60))
        try await shop.enqueue("a")
        try await [shop.runner(JobWorkshop.leavesThing("a"))].whileRunning {
            try await eventually { try await shop.things() == ["2"] }
            shop.clock.advance(by: .milliseconds(59_999))
            try await shop.enqueue("a")
            try await eventually { try await shop.things() == ["2", "3"] }
            shop.clock.advance(by: .milliseconds(1))
            try await eventually { try await shop.things() == ["2", "3", "1"] }
        }
        #expect(try await shop.jobs().allSatisfy { $0.state == .done })
    }

    @Test("Several workers in several processes do every job once")
    func noDoubleWork() async throws {
        let shop = try JobWorkshop()
        let runners = try (0..<3).map { _ in
            shop.runner(JobWorkshop.leavesThing("a"), database: try shop.anotherProcess())
        }
        let now = shop.now
        try await shop.database.write { database in
            for _ in 0..<500 { try JobQueue.enqueue(NewJob(kind: "a", runAt: now), at: now, in: database) }
        }
        try await runners.whileRunning {
            try await eventually { try await shop.things().count == 500 }
        }
        #expect(try await shop.jobs().count { $0.state == .done } == 500)
    }

    @Test("Ten thousand due jobs are done in order of their times, while the store takes other writes")
    func tenThousand() async throws {
        let shop = try JobWorkshop()
        let now = shop.now
        try await shop.database.write { database in
            for number in 0..<10_000 {
                try JobQueue.enqueue(NewJob(kind: "a", runAt: now - Int64(number)), at: now, in: database)
            }
        }
        try await [shop.runner(JobWorkshop.leavesThing("a"))].whileRunning {
            try await eventually {
                try await shop.database.append("\(ContinuousClock.now)")
                return try await shop.things().count == 10_000
            }
        }
        let order = try await shop.things().compactMap { Int($0) }
        #expect(order == order.sorted(by: >))
    }

    @Test("A failing job is tried again later and later, keeps its reason, and is given up after its attempts")
    func retries() async throws {
        let shop = try JobWorkshop()
        let policy = RetryPolicy(base: .seconds(10), cap: .seconds(1000))
        let broken = JobHandler(
            "a",
            attempts: 3,
            retry: policy,
            work: .transaction { _, _ in throw JobWorkshop.Broken() }
        )
        try await shop.enqueue("a")
        var waits: [Int64] = []
        try await [shop.runner(broken)].whileRunning {
            for attempt in 1...3 {
                let job = try await eventualValue {
                    try await shop.jobs().first { $0.attempts == attempt && $0.state != .running }
                }
                waits.append(job.runAt - shop.now)
                shop.clock.advance(by: .seconds(100))
            }
        }
        let job = try #require(try await shop.jobs().first)
        #expect(job.state == .failed)
        #expect(job.error == "Broken()")
        #expect(waits[0] > 9000 && waits[0] <= 10_000 && waits[1] > 19_000 && waits[1] <= 20_000)
        #expect(try await shop.things().isEmpty)
    }

    @Test("A worker that vanished leaves its job to the next, and a job that kills every worker is given up")
    func vanished() async throws {
        let shop = try JobWorkshop()
        try await shop.enqueue("a")
        try await shop.enqueue("poison")
        let now = shop.now
        try await shop.database.write { database in
            let lease = JobQueue.Lease(owner: "dead", until: now + 1000)
            _ = try JobQueue.claim(kinds: ["a", "poison"], limit: 2, lease: lease, at: now, in: database)
            try database.execute(sql: "UPDATE jobs SET attempts = 8 WHERE kind = 'poison'")
        }
        let poison = JobHandler("poison", work: .transaction { _, _ in })
        let good = JobHandler("a", work: JobWorkshop.leavesThing("a").work)
        try await [shop.runner(good, poison)].whileRunning {
            try await shop.enqueue("a")
            try await eventually { try await shop.things() == ["3"] }
            shop.clock.advance(by: .milliseconds(1001))
            try await eventually { try await shop.things() == ["3", "1"] }
        }
        let job = try await shop.jobs()[1]
        #expect(job.state == .failed)
        #expect(job.error == "its worker went away (dead)")
    }

    @Test("A recurring job is planned once, again after each run, also after one that failed for good")
    func recurring() async throws {
        let shop = try JobWorkshop()
        let runs = Mutex(0)
        let hourly = JobHandler(
            "sweep",
            attempts: 1,
            schedule: .every(.seconds(3600)),
            work: .transaction { _, _ in
                let run = runs.withLock {
                    $0 += 1
                    return $0
                }
                if run == 2 { throw JobWorkshop.Broken() }
            }
        )
        try await [shop.runner(hourly), shop.runner(hourly, database: try shop.anotherProcess())].whileRunning {
            for run in 1...3 {
                let next = try await eventualValue {
                    try await shop.jobs().first { $0.state == .waiting && $0.runAt > shop.now }
                }
                #expect(next.runAt % 3_600_000 == 0)
                shop.clock.advance(by: .milliseconds(next.runAt - shop.now))
                try await eventually { runs.withLock { $0 } == run }
            }
        }
        let states = try await shop.jobs().map(\.state)
        #expect(states.prefix(3) == [.done, .failed, .done])
        #expect(states.count { $0 == .waiting } <= 1)
    }

    @Test("A store that is locked for a while costs time, not jobs")
    func lockedStore() async throws {
        let shop = try JobWorkshop()
        let impatient = try ServiceDatabase.open(
            path: shop.database.path,
            migrations: migrations,
            busyTimeout: .milliseconds(1)
        )
        try await shop.enqueue("a")
        let runner = shop.runner(JobWorkshop.leavesThing("a"), database: impatient)
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: shop.database.path, configuration: configuration)
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        try await [runner].whileRunning {
            for _ in 0..<50 { await Task.yield() }
            #expect(try await shop.things().isEmpty)
            try await other.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
            try await eventually { try await shop.things() == ["1"] }
        }
    }
}
