// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
package import GRDB

/// The table that makes "changed the data" and "told the others" one decision: a row is appended inside the caller's own
/// transaction, and `OutboxRelay` delivers it afterwards.
package enum Outbox {
    package static let table = "outbox"

    /// To stand first among a service's migrations.
    package static let migrations = [
        Migration("outbox-1") { database in
            try database.execute(
                sql: """
                    CREATE TABLE outbox (
                        position INTEGER PRIMARY KEY AUTOINCREMENT,
                        id TEXT NOT NULL UNIQUE,
                        type TEXT NOT NULL,
                        subject TEXT NOT NULL,
                        data BLOB NOT NULL,
                        created_at INTEGER NOT NULL,
                        delivered_at INTEGER,
                        refused TEXT
                    ) STRICT;
                    CREATE INDEX outbox_pending ON outbox(position) WHERE delivered_at IS NULL AND refused IS NULL;
                    CREATE INDEX outbox_delivered ON outbox(delivered_at) WHERE delivered_at IS NOT NULL;
                    """
            )
        },
        Migration("outbox-2") { database in
            try database.execute(
                sql: """
                    ALTER TABLE outbox ADD COLUMN request_id TEXT;
                    ALTER TABLE outbox ADD COLUMN traceparent TEXT;
                    """
            )
        },
        OutboxLease.migration,
    ]

    /// Call it inside the transaction that makes the event true.
    package static func append(_ event: OutboxEvent, in database: GRDB.Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO outbox (id, type, subject, data, created_at, request_id, traceparent)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """
        )
        try statement.execute(arguments: [
            event.id, event.type, event.subject, event.data.blob, event.createdAt, event.cause.requestID,
            event.cause.traceparent,
        ])
    }

    /// The oldest rows not yet delivered, in order.
    package static func pending(limit: Int, in database: GRDB.Database) throws -> [OutboxRow] {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT position, id, type, subject, data, created_at, request_id, traceparent FROM outbox
                WHERE delivered_at IS NULL AND refused IS NULL ORDER BY position LIMIT ?
                """,
            arguments: [limit]
        )
        return rows.map { row in
            let data: Data = row[4]
            let event = OutboxEvent(
                id: row[1],
                type: row[2],
                subject: row[3],
                data: [UInt8](data),
                createdAt: row[5],
                cause: EventCause(requestID: row[6], traceparent: row[7])
            )
            return OutboxRow(position: row[0], event: event)
        }
    }

    static func isAnythingPending(in database: GRDB.Database) throws -> Bool {
        try Bool.fetchOne(
            database,
            sql: "SELECT EXISTS (SELECT 1 FROM outbox WHERE delivered_at IS NULL AND refused IS NULL)"
        ) ?? false
    }

    /// Rows that wait for delivery, for gauges.
    package static func backlog(in database: GRDB.Database) throws -> Int {
        try Int.fetchOne(
            database,
            sql: "SELECT count(*) FROM outbox WHERE delivered_at IS NULL AND refused IS NULL"
        ) ?? 0
    }

    /// When the row that has waited for longest was written, in Unix milliseconds.
    static func oldest(in database: GRDB.Database) throws -> Int64? {
        try Int64.fetchOne(
            database,
            sql: """
                SELECT created_at FROM outbox WHERE delivered_at IS NULL AND refused IS NULL ORDER BY position LIMIT 1
                """
        )
    }

    static func markDelivered(_ rows: [OutboxRow], at now: Int64, in database: GRDB.Database) throws {
        let statement = try database.cachedStatement(sql: "UPDATE outbox SET delivered_at = ? WHERE position = ?")
        for row in rows {
            try statement.execute(arguments: [now, row.position])
        }
    }

    /// Makes every delivered row that is still kept pending again.
    static func reopen(in database: GRDB.Database) throws {
        try database.execute(sql: "UPDATE outbox SET delivered_at = NULL WHERE delivered_at IS NOT NULL")
    }

    /// Sets one row aside for good. It stays in the table with its reason until someone looks at it.
    static func refuse(_ position: Int64, reason: String, in database: GRDB.Database) throws {
        try database.execute(
            sql: "UPDATE outbox SET refused = ? WHERE position = ?",
            arguments: [reason, position]
        )
    }

    /// Deletes at most `limit` rows delivered before `time` (Unix milliseconds). Answers how many.
    static func prune(deliveredBefore time: Int64, limit: Int, in database: GRDB.Database) throws -> Int {
        try database.execute(
            sql: """
                DELETE FROM outbox WHERE position IN (
                    SELECT position FROM outbox WHERE delivered_at IS NOT NULL AND delivered_at < ? LIMIT ?
                )
                """,
            arguments: [time, limit]
        )
        return database.changesCount
    }
}

extension [UInt8] {
    fileprivate var blob: Data { Data(self) }
}
