// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import GRDB

/// What workers do to the table. Every write of a worker names its lease: who lost it changes nothing.
extension JobQueue {
    /// A worker's hold on a job it started: the attempt makes it unique, so that a worker that slept through its lease
    /// cannot write into the work of the next.
    struct Lease: Sendable, Hashable {
        let owner: String
        let until: Int64
    }

    /// The oldest due jobs of these kinds, started.
    static func claim(
        kinds: [String],
        limit: Int,
        lease: Lease,
        at now: Int64,
        in database: GRDB.Database
    ) throws -> [Job] {
        guard !kinds.isEmpty else { return [] }
        let arguments: StatementArguments =
            [lease.owner, lease.until, now, now] + StatementArguments(kinds)
            + [limit]
        return try Row.fetchAll(
            database,
            sql: """
                UPDATE jobs SET state = 'running', attempts = attempts + 1, lease_owner = ?, lease_until = ?, started_at = ?
                WHERE id IN (
                    SELECT id FROM jobs WHERE state = 'waiting' AND run_at <= ?
                    AND kind IN (\(databaseQuestionMarks(count: kinds.count))) ORDER BY run_at, id LIMIT ?
                )
                RETURNING \(Self.columns)
                """,
            arguments: arguments
        )
        .map(Job.init(row:))
        .sorted { ($0.runAt, $0.id) < ($1.runAt, $1.id) }
    }

    static func isAnythingDue(kinds: [String], at now: Int64, in database: GRDB.Database) throws -> Bool {
        let marks = databaseQuestionMarks(count: kinds.count)
        return try Bool.fetchOne(
            database,
            sql: """
                SELECT EXISTS (SELECT 1 FROM jobs WHERE state = 'waiting' AND run_at <= ? AND kind IN (\(marks)))
                    OR EXISTS (SELECT 1 FROM jobs WHERE state = 'running' AND lease_until < ? AND kind IN (\(marks)))
                """,
            arguments: [now] + StatementArguments(kinds) + [now]
                + StatementArguments(kinds)
        ) ?? false
    }

    static func renew(_ job: Job, lease: Lease, in database: GRDB.Database) throws {
        try self.update(job, owner: lease.owner, set: "lease_until = ?", [lease.until], in: database)
    }

    static func report(
        _ job: Job,
        owner: String,
        done: Int64,
        total: Int64?,
        checkpoint: String?,
        in database: GRDB.Database
    ) throws {
        try self.update(
            job,
            owner: owner,
            set: "done = ?, total = ?, checkpoint = coalesce(?, checkpoint)",
            [done, total, checkpoint],
            in: database
        )
    }

    static func finish(_ job: Job, owner: String, at now: Int64, in database: GRDB.Database) throws {
        try self.update(
            job,
            owner: owner,
            set: "state = 'done', error = NULL, finished_at = ?, lease_owner = NULL, lease_until = NULL",
            [now],
            in: database
        )
    }

    static func fail(_ job: Job, owner: String, error: String, at now: Int64, in database: GRDB.Database) throws {
        try self.update(
            job,
            owner: owner,
            set: "state = 'failed', error = ?, finished_at = ?, lease_owner = NULL, lease_until = NULL",
            [error, now],
            in: database
        )
    }

    /// Back in line. Where a newer job of the same key waits already, this one has been overtaken and ends.
    /// - Parameter counts: false takes the attempt back: the worker stopped, the job did nothing wrong.
    static func release(
        _ job: Job,
        owner: String,
        error: String?,
        counts: Bool,
        runAt: Int64,
        at now: Int64,
        in database: GRDB.Database
    ) throws {
        let isOvertaken = try Bool.fetchOne(
            database,
            sql: "SELECT EXISTS (SELECT 1 FROM jobs WHERE kind = ? AND key = ? AND state = 'waiting')",
            arguments: [job.kind, job.key]
        )
        if isOvertaken == true {
            try self.update(
                job,
                owner: owner,
                set: "state = 'cancelled', error = ?, finished_at = ?, lease_owner = NULL, lease_until = NULL",
                ["a newer job of the same key took its place", now],
                in: database
            )
        } else {
            try self.update(
                job,
                owner: owner,
                set: """
                    state = 'waiting', error = coalesce(?, error), attempts = attempts - ?, run_at = ?, lease_owner = NULL,
                    lease_until = NULL
                    """,
                [error, counts ? 0 : 1, runAt],
                in: database
            )
        }
    }

    /// Running jobs whose worker has not been heard of in time, with that worker's name.
    static func abandoned(
        kinds: [String],
        at now: Int64,
        in database: GRDB.Database
    ) throws -> [(job: Job, owner: String)] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT \(Self.columns), lease_owner FROM jobs WHERE state = 'running' AND lease_until < ?
                AND kind IN (\(databaseQuestionMarks(count: kinds.count))) LIMIT 1000
                """,
            arguments: [now] + StatementArguments(kinds)
        )
        .map { (Job(row: $0), $0["lease_owner"] ?? "") }
    }

    /// The next occurrence of a recurring job, unless one waits or runs.
    static func schedule(kind: String, runAt: Int64, at now: Int64, in database: GRDB.Database) throws {
        try database.execute(
            sql: """
                INSERT INTO jobs (kind, key, payload, run_at, created_at)
                SELECT ?, ?, ?, ?, ? WHERE NOT EXISTS (
                    SELECT 1 FROM jobs WHERE kind = ? AND key = ? AND state IN ('waiting', 'running')
                )
                """,
            arguments: [
                kind, Self.scheduled, Data("null".utf8), runAt, now, kind, Self.scheduled,
            ]
        )
    }

    /// Deletes at most `limit` jobs that ended before these times. Answers how many.
    static func prune(
        endedBefore time: Int64,
        failedBefore failed: Int64,
        limit: Int,
        in database: GRDB.Database
    ) throws -> Int {
        try database.execute(
            sql: """
                DELETE FROM jobs WHERE id IN (
                    SELECT id FROM jobs WHERE finished_at IS NOT NULL AND finished_at < ?
                    AND (state != 'failed' OR finished_at < ?) LIMIT ?
                )
                """,
            arguments: [time, failed, limit]
        )
        return database.changesCount
    }

    /// When the job that has been due for longest was due.
    static func oldestDue(at now: Int64, in database: GRDB.Database) throws -> Int64? {
        try Int64.fetchOne(
            database,
            sql: "SELECT min(run_at) FROM jobs WHERE state = 'waiting' AND run_at <= ?",
            arguments: [now]
        )
    }

    private static func update(
        _ job: Job,
        owner: String,
        set: String,
        _ values: StatementArguments,
        in database: GRDB.Database
    ) throws {
        let statement = try database.cachedStatement(
            sql: "UPDATE jobs SET \(set) WHERE id = ? AND state = 'running' AND lease_owner = ? AND attempts = ?"
        )
        try statement.execute(arguments: values + [job.id, owner, job.attempts])
        guard database.changesCount > 0 else { throw JobLost(id: job.id) }
    }
}
