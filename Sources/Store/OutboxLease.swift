// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import GRDB

/// One relay's right to deliver an outbox, held while there is something to deliver.
///
///     free ──take (with the rows)──► held ──settle: nothing waits──► free
///      ▲                              │ ▲────settle: more waits───────┘
///      └───────── runs out ───────────┘
///
/// Held, it covers rows of every process: who commits while another holds it may go back to sleep, since `settle` sees its row
/// in the same transaction that would free the lease. So rows of all processes go out in one order.
enum OutboxLease {
    static let migration = Migration("outbox-3") { database in
        try database.execute(
            sql: """
                CREATE TABLE outbox_lease (
                    id INTEGER PRIMARY KEY CHECK (id = 1),
                    owner TEXT NOT NULL,
                    until INTEGER NOT NULL
                ) STRICT
                """
        )
    }

    /// Takes it where it is free or has run out, renews it where it is ours. Times are Unix milliseconds.
    static func take(_ owner: String, until: Int64, at now: Int64, in database: GRDB.Database) throws -> Bool {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO outbox_lease (id, owner, until) VALUES (1, ?, ?)
                ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, until = excluded.until
                WHERE outbox_lease.owner = excluded.owner OR outbox_lease.until <= ?
                """
        )
        try statement.execute(arguments: [owner, until, now])
        return database.changesCount > 0
    }

    /// After a delivery: frees it unless more rows wait.
    static func settle(_ owner: String, in database: GRDB.Database) throws {
        if try !Outbox.isAnythingPending(in: database) { try self.release(owner, in: database) }
    }

    static func release(_ owner: String, in database: GRDB.Database) throws {
        try database.cachedStatement(sql: "DELETE FROM outbox_lease WHERE owner = ?").execute(arguments: [owner])
    }
}
