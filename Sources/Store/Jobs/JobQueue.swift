// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
package import GRDB

/// The table of jobs: appended to inside the caller's own transaction, worked off by `JobRunner`s of any number of processes.
package enum JobQueue {
    package static let table = "jobs"
    /// The key of recurring jobs.
    static let scheduled = "schedule"

    package static let migration = Migration("jobs-1") { database in
        try database.execute(
            sql: """
                CREATE TABLE jobs (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    kind TEXT NOT NULL,
                    key TEXT,
                    payload BLOB NOT NULL,
                    state TEXT NOT NULL DEFAULT 'waiting',
                    run_at INTEGER NOT NULL,
                    attempts INTEGER NOT NULL DEFAULT 0,
                    lease_owner TEXT,
                    lease_until INTEGER,
                    done INTEGER NOT NULL DEFAULT 0,
                    total INTEGER,
                    checkpoint TEXT,
                    error TEXT,
                    created_at INTEGER NOT NULL,
                    started_at INTEGER,
                    finished_at INTEGER,
                    request_id TEXT,
                    traceparent TEXT
                ) STRICT;
                CREATE UNIQUE INDEX jobs_by_key ON jobs(kind, key) WHERE state = 'waiting' AND key IS NOT NULL;
                CREATE INDEX jobs_due ON jobs(run_at, id) WHERE state = 'waiting';
                CREATE INDEX jobs_leased ON jobs(lease_until) WHERE state = 'running';
                CREATE INDEX jobs_finished ON jobs(finished_at) WHERE finished_at IS NOT NULL;
                """
        )
    }

    static let columns = """
        id, kind, key, payload, state, run_at, attempts, done, total, checkpoint, error, created_at, started_at, \
        finished_at, request_id, traceparent
        """

    /// Call it inside the transaction that makes the job necessary. A waiting job of the same kind and key is moved and
    /// gets this payload; a running one is left alone.
    package static func enqueue(_ job: NewJob, at now: Int64, in database: GRDB.Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO jobs (kind, key, payload, run_at, created_at, request_id, traceparent)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (kind, key) WHERE state = 'waiting' AND key IS NOT NULL DO UPDATE SET
                    payload = excluded.payload, run_at = excluded.run_at, attempts = 0, error = NULL, done = 0,
                    total = NULL, checkpoint = NULL, request_id = excluded.request_id,
                    traceparent = excluded.traceparent
                """
        )
        try statement.execute(arguments: [
            job.kind, job.key, Data(job.payload), job.runAt, now, job.cause.requestID, job.cause.traceparent,
        ])
    }

    /// Takes a waiting job back, as if nobody had asked for it. One that runs already is left alone.
    package static func withdraw(kind: String, key: String, in database: GRDB.Database) throws {
        try database.cachedStatement(sql: "DELETE FROM jobs WHERE kind = ? AND key = ? AND state = 'waiting'")
            .execute(arguments: [kind, key])
    }

    // MARK: For people

    /// Newest first.
    package static func list(
        states: [Job.State] = Job.State.allCases,
        kind: String? = nil,
        limit: Int = 100,
        in database: GRDB.Database
    ) throws -> [Job] {
        let marks = databaseQuestionMarks(count: states.count)
        var arguments = StatementArguments(states.map(\.rawValue))
        var sql = "SELECT \(Self.columns) FROM jobs WHERE state IN (\(marks))"
        if let kind {
            sql += " AND kind = ?"
            arguments += [kind]
        }
        arguments += [limit]
        return try Row.fetchAll(database, sql: sql + " ORDER BY id DESC LIMIT ?", arguments: arguments)
            .map(Job.init(row:))
    }

    package static func find(_ id: Int64, in database: GRDB.Database) throws -> Job? {
        try Row.fetchOne(database, sql: "SELECT \(Self.columns) FROM jobs WHERE id = ?", arguments: [id])
            .map(Job.init(row:))
    }

    /// Jobs by state, the empty ones left out.
    package static func counts(in database: GRDB.Database) throws -> [Job.State: Int] {
        let rows = try Row.fetchAll(database, sql: "SELECT state, count(*) FROM jobs GROUP BY state")
        return Dictionary(
            uniqueKeysWithValues: rows.compactMap { row in
                Job.State(rawValue: row[0]).map { ($0, row[1]) }
            }
        )
    }

    /// Makes a failed or cancelled job due now, with all its attempts before it, and lets a waiting one run at once. False for
    /// other states, for an unknown id, and where a newer job of its key waits already.
    package static func retry(_ id: Int64, at now: Int64, in database: GRDB.Database) throws -> Bool {
        try database.execute(
            sql: """
                UPDATE OR IGNORE jobs SET state = 'waiting', run_at = ?, attempts = 0, error = NULL, finished_at = NULL
                WHERE id = ? AND state IN ('failed', 'cancelled', 'waiting')
                """,
            arguments: [now, id]
        )
        return database.changesCount > 0
    }

    /// A waiting job never starts; a running one is told at its next sign of life, and its later writes are refused. False
    /// when there was nothing to cancel.
    package static func cancel(_ id: Int64, at now: Int64, in database: GRDB.Database) throws -> Bool {
        try database.execute(
            sql: """
                UPDATE jobs SET state = 'cancelled', finished_at = ?, lease_owner = NULL, lease_until = NULL
                WHERE id = ? AND state IN ('waiting', 'running')
                """,
            arguments: [now, id]
        )
        return database.changesCount > 0
    }
}

extension Job {
    /// A row of `JobQueue.columns`.
    init(row: Row) {
        let payload: Data = row[3]
        self.init(
            id: row[0],
            kind: row[1],
            key: row[2],
            payload: [UInt8](payload),
            state: State(rawValue: row[4]) ?? .failed,
            runAt: row[5],
            attempts: row[6],
            done: row[7],
            total: row[8],
            checkpoint: row[9],
            error: row[10],
            createdAt: row[11],
            startedAt: row[12],
            finishedAt: row[13],
            cause: EventCause(requestID: row[14], traceparent: row[15])
        )
    }
}
