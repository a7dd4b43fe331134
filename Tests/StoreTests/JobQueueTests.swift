// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import GRDB
import Testing

@testable import Store

@Suite("The table of jobs")
struct JobQueueTests {
    private func open(_ scratch: Scratch) throws -> ServiceDatabase {
        try ServiceDatabase.open(path: scratch.database, migrations: migrations)
    }

    private func jobs(_ database: ServiceDatabase) async throws -> [Job] {
        try await database.read { try JobQueue.list(in: $0).reversed() }
    }

    @Test("A key waits once: enqueuing again moves the job and changes its payload")
    func moves() async throws {
        let scratch = Scratch()
        let database = try open(scratch)
        try await database.write { database in
            try JobQueue.enqueue(NewJob(kind: "remind", key: "7", payload: [0x31], runAt: 100), at: 1, in: database)
            try JobQueue.enqueue(NewJob(kind: "remind", key: "8", runAt: 100), at: 1, in: database)
            try JobQueue.enqueue(NewJob(kind: "other", key: "7", runAt: 100), at: 1, in: database)
            let cause = EventCause(requestID: "r", traceparent: "t")
            try JobQueue.enqueue(
                NewJob(kind: "remind", key: "7", payload: [0x32], runAt: 200, cause: cause),
                at: 2,
                in: database
            )
        }
        let all = try await jobs(database)
        #expect(all.map(\.runAt) == [200, 100, 100])
        #expect(all[0].payload == [0x32])
        #expect(all[0].cause == EventCause(requestID: "r", traceparent: "t"))
    }

    @Test("Jobs without a key wait in any number")
    func keyless() async throws {
        let scratch = Scratch()
        let database = try open(scratch)
        try await database.write { database in
            for _ in 0..<3 { try JobQueue.enqueue(NewJob(kind: "mail", runAt: 1), at: 1, in: database) }
        }
        #expect(try await jobs(database).count == 3)
    }

    @Test("A withdrawn job is gone; one that was rolled back was never there")
    func withdraws() async throws {
        struct Refused: Error {}
        let scratch = Scratch()
        let database = try open(scratch)
        try await database.write { database in
            try JobQueue.enqueue(NewJob(kind: "remind", key: "7", runAt: 1), at: 1, in: database)
        }
        await #expect(throws: Refused.self) {
            try await database.write { database in
                try JobQueue.enqueue(NewJob(kind: "remind", key: "8", runAt: 1), at: 1, in: database)
                throw Refused()
            }
        }
        try await database.write { try JobQueue.withdraw(kind: "remind", key: "7", in: $0) }
        #expect(try await jobs(database).isEmpty)
    }

    @Test("Claiming takes the oldest due jobs of the kinds asked for, and no job twice")
    func claims() async throws {
        let scratch = Scratch()
        let database = try open(scratch)
        let claimed = try await database.write { database in
            for (kind, runAt) in [("a", 30), ("a", 10), ("b", 5), ("a", 20), ("a", 41)] {
                try JobQueue.enqueue(NewJob(kind: kind, runAt: Int64(runAt)), at: 1, in: database)
            }
            let lease = JobQueue.Lease(owner: "me", until: 100)
            return try (0..<3).map { _ in
                try JobQueue.claim(kinds: ["a"], limit: 2, lease: lease, at: 40, in: database).map(\.runAt)
            }
        }
        #expect(claimed == [[10, 20], [30], []])
    }

    @Test("Who lost the lease changes nothing")
    func fencing() async throws {
        let scratch = Scratch()
        let database = try open(scratch)
        let job = try await database.write { database in
            try JobQueue.enqueue(NewJob(kind: "a", runAt: 1), at: 1, in: database)
            let lease = JobQueue.Lease(owner: "me", until: 100)
            let job = try JobQueue.claim(kinds: ["a"], limit: 1, lease: lease, at: 1, in: database)[0]
            try JobQueue.release(job, owner: "me", error: "lost", counts: true, runAt: 1, at: 1, in: database)
            // The same worker again: another attempt, another lease.
            _ = try JobQueue.claim(kinds: ["a"], limit: 1, lease: lease, at: 1, in: database)
            return job
        }
        await #expect(throws: JobLost.self) {
            try await database.write { try JobQueue.finish(job, owner: "me", at: 2, in: $0) }
        }
        await #expect(throws: JobLost.self) {
            try await database.write {
                try JobQueue.report(job, owner: "me", done: 1, total: nil, checkpoint: nil, in: $0)
            }
        }
        #expect(try await jobs(database).map(\.state) == [.running])
    }

    @Test("A job that comes back while a newer one of its key waits gives way to it")
    func overtaken() async throws {
        let scratch = Scratch()
        let database = try open(scratch)
        try await database.write { database in
            try JobQueue.enqueue(NewJob(kind: "a", key: "k", runAt: 1), at: 1, in: database)
            let lease = JobQueue.Lease(owner: "me", until: 100)
            let job = try JobQueue.claim(kinds: ["a"], limit: 1, lease: lease, at: 1, in: database)[0]
            try JobQueue.enqueue(NewJob(kind: "a", key: "k", runAt: 9), at: 2, in: database)
            try JobQueue.release(job, owner: "me", error: "x", counts: true, runAt: 3, at: 3, in: database)
        }
        let all = try await jobs(database)
        #expect(all.map(\.state) == [.cancelled, .waiting])
        #expect(all[1].runAt == 9)
    }

    @Test("People retry what failed and cancel what waits, and hear when there is nothing to do")
    func people() async throws {
        let scratch = Scratch()
        let database = try open(scratch)
        let answers = try await database.write { database in
            try JobQueue.enqueue(NewJob(kind: "a", key: "k", runAt: 1), at: 1, in: database)
            let lease = JobQueue.Lease(owner: "me", until: 100)
            let job = try JobQueue.claim(kinds: ["a"], limit: 1, lease: lease, at: 1, in: database)[0]
            try JobQueue.fail(job, owner: "me", error: "broken", at: 2, in: database)
            let retried = try JobQueue.retry(job.id, at: 5, in: database)
            let again = try JobQueue.find(job.id, in: database)
            let cancelled = try JobQueue.cancel(job.id, at: 6, in: database)
            let twice = try JobQueue.cancel(job.id, at: 7, in: database)
            try JobQueue.enqueue(NewJob(kind: "a", key: "k", runAt: 9), at: 8, in: database)
            let blocked = try JobQueue.retry(job.id, at: 9, in: database)
            let unknown = try JobQueue.retry(99, at: 9, in: database)
            #expect(again?.runAt == 5 && again?.attempts == 0 && again?.error == nil)
            return [retried, cancelled, twice, blocked, unknown]
        }
        #expect(answers == [true, true, false, false, false])
    }

    @Test("What ended is forgotten after its time, failures later, waiting jobs never")
    func prunes() async throws {
        let scratch = Scratch()
        let database = try open(scratch)
        let left = try await database.write { database in
            let lease = JobQueue.Lease(owner: "me", until: 100)
            for kind in ["done", "failed", "waiting"] {
                try JobQueue.enqueue(NewJob(kind: kind, runAt: 1), at: 1, in: database)
            }
            let done = try JobQueue.claim(kinds: ["done"], limit: 1, lease: lease, at: 1, in: database)[0]
            try JobQueue.finish(done, owner: "me", at: 10, in: database)
            let failed = try JobQueue.claim(kinds: ["failed"], limit: 1, lease: lease, at: 1, in: database)[0]
            try JobQueue.fail(failed, owner: "me", error: "x", at: 10, in: database)
            var left: [[String]] = []
            for (time, failedTime) in [(10, 0), (11, 10), (11, 11)] as [(Int64, Int64)] {
                _ = try JobQueue.prune(endedBefore: time, failedBefore: failedTime, limit: 10, in: database)
                left.append(try JobQueue.list(in: database).map(\.kind))
            }
            return left
        }
        #expect(left == [["waiting", "failed", "done"], ["waiting", "failed"], ["waiting"]])
    }
}
