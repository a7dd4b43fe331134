// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import GRDB
internal import Synchronization
internal import TestSupport
import Testing

@testable import Store

@Suite("Long jobs")
struct LongJobTests {
    /// Ten steps, each leaving one thing; waits where it is told to.
    private func steps(stopsAt stop: Int?, _ started: @escaping @Sendable (Job) -> Void = { _ in }) -> JobHandler {
        JobHandler(
            "long",
            work: .steps { job, progress in
                started(job)
                for step in (job.checkpoint.flatMap { Int($0) } ?? 0)..<10 {
                    if step == stop { try await Task.sleep(for: .seconds(3600)) }  // ends by cancellation
                    try await progress.step(done: Int64(step + 1), total: 10, checkpoint: "\(step + 1)") { database in
                        try database.execute(sql: "INSERT INTO things (name) VALUES (?)", arguments: ["step \(step)"])
                    }
                }
            }
        )
    }

    private let allSteps = (0..<10).map { "step \($0)" }

    @Test("Progress is seen while it runs, and it is done when its last step is")
    func progress() async throws {
        let shop = try JobWorkshop()
        try await shop.enqueue("long")
        try await [shop.runner(steps(stopsAt: 4))].whileRunning {
            try await eventually { try await shop.jobs().first.map { $0.done == 4 && $0.total == 10 } == true }
            #expect(try await shop.jobs().first?.state == .running)
        }
        try await [shop.runner(steps(stopsAt: nil))].whileRunning {
            try await eventually { try await shop.jobs().first?.state == .done }
        }
        #expect(try await shop.things() == allSteps)
    }

    @Test("Graceful shutdown gives it back at its checkpoint, and that is no failed attempt")
    func shutdown() async throws {
        let shop = try JobWorkshop()
        try await shop.enqueue("long")
        try await [shop.runner(steps(stopsAt: 6))].whileRunning {
            try await eventually { try await shop.things().count == 6 }
        }
        let job = try #require(try await shop.jobs().first)
        #expect(job.state == .waiting)
        #expect(job.attempts == 0)
        #expect(job.checkpoint == "6")
    }

    @Test("A worker that lost its lease writes nothing more, and the next goes on where it was: every step once")
    func takenOver() async throws {
        let shop = try JobWorkshop()
        try await shop.enqueue("long")
        let attempts = Mutex<[Int]>([])
        let second = steps(stopsAt: nil) { job in attempts.withLock { $0.append(job.attempts) } }
        // Started by a worker that then says nothing for longer than its lease.
        let now = shop.now
        let lost = try await shop.database.write { database in
            let lease = JobQueue.Lease(owner: "sleeper", until: now + 1000)
            return try JobQueue.claim(kinds: ["long"], limit: 1, lease: lease, at: now, in: database)[0]
        }
        let sleeper = JobProgress(job: lost, owner: "sleeper", database: shop.database)
        for step in 0..<3 {
            try await sleeper.step(done: Int64(step + 1), checkpoint: "\(step + 1)") { database in
                try database.execute(sql: "INSERT INTO things (name) VALUES (?)", arguments: ["step \(step)"])
            }
        }
        shop.clock.advance(by: .milliseconds(1001))
        try await [shop.runner(second)].whileRunning {
            try await eventually { try await shop.jobs().first?.state == .done }
        }
        await #expect(throws: JobLost.self) {
            try await sleeper.step(done: 4) { try $0.execute(sql: "INSERT INTO things (name) VALUES ('late')") }
        }
        #expect(attempts.withLock { $0 } == [2])
        #expect(try await shop.things() == allSteps)
    }

    @Test("Cancelling ends it at its next sign of life, and it does not come back")
    func cancelled() async throws {
        let shop = try JobWorkshop()
        try await shop.enqueue("long")
        let ended = Mutex(false)
        let handler = JobHandler(
            "long",
            work: .steps { _, progress in
                defer { ended.withLock { $0 = true } }
                while true {
                    try await progress.report(done: 1)
                    try await Task.sleep(for: .milliseconds(1))
                }
            }
        )
        try await [shop.runner(handler)].whileRunning {
            try await eventually { try await shop.jobs().first?.done == 1 }
            let now = shop.now
            let cancelled = try await shop.database.write { try JobQueue.cancel(1, at: now, in: $0) }
            #expect(cancelled)
            try await eventually { ended.withLock { $0 } }
        }
        #expect(try await shop.jobs().map(\.state) == [.cancelled])
    }

    @Test("One that says nothing keeps its lease by its heartbeat, and loses it when it is cancelled")
    func heartbeat() async throws {
        let shop = try JobWorkshop()
        try await shop.enqueue("long")
        let ended = Mutex(false)
        let silent = JobHandler(
            "long",
            work: .steps { _, _ in
                defer { ended.withLock { $0 = true } }
                try await Task.sleep(for: .seconds(3600))  // ends by cancellation
            }
        )
        try await [shop.runner(silent, lease: .seconds(30))].whileRunning {
            try await eventually { try await shop.jobs().first?.state == .running }
            for _ in 0..<3 {
                shop.clock.advance(by: .seconds(20))
                let now = shop.now
                try await eventually {
                    let until = try await shop.database.read {
                        try Int64.fetchOne($0, sql: "SELECT lease_until FROM jobs")
                    }
                    return until == now + 30_000
                }
            }
            let now = shop.now
            _ = try await shop.database.write { try JobQueue.cancel(1, at: now, in: $0) }
            try await eventually { ended.withLock { $0 } }
        }
        #expect(try await shop.jobs().first?.attempts == 1)
    }
}
