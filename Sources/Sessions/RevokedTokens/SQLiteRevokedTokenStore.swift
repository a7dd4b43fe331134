// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import GRDB
internal import Store
internal import Synchronization
package import Tokens

/// One node's revocations in a SQLite file of their own.
package final class SQLiteRevokedTokenStore: RevokedTokenStore {
    private let database: ServiceDatabase
    private let capacity: Int
    private let additions = Mutex<Int64>(0)

    /// Opens or makes the file; blocks while it does.
    package init(path: String, capacity: Int = RevocationList.defaultCapacity) throws {
        self.database = try ServiceDatabase.open(path: path, migrations: [Self.schema])
        self.capacity = capacity
    }

    /// Nobody else adds anything.
    package var changes: any AsyncSequence<Void, Never> & Sendable { AsyncStream<Void> { $0.finish() } }

    package func run() async throws {}

    package func version() async throws(SessionStoreError) -> Int64 { additions.withLock { $0 } }

    package func add(_ entry: RevocationList.Entry, now: Int64) async throws(SessionStoreError) -> Bool {
        let (record, until, capacity) = (entry.record, entry.until, capacity)
        let isAdded = try await reach { database in
            try await database.write { database in
                try database.execute(sql: "DELETE FROM revoked_tokens WHERE until <= ?", arguments: [now])
                let count = try Int.fetchOne(database, sql: "SELECT count(*) FROM revoked_tokens") ?? 0
                guard count < capacity else { return false }
                try database.execute(
                    sql: """
                        INSERT INTO revoked_tokens (record, until) VALUES (?, ?)
                        ON CONFLICT(record) DO UPDATE SET until = max(until, excluded.until)
                        """,
                    arguments: [record, until]
                )
                return true
            }
        }
        if isAdded { additions.withLock { $0 += 1 } }
        return isAdded
    }

    package func all(now: Int64) async throws(SessionStoreError) -> [RevocationList.Entry] {
        try await reach { database in
            try await database.read { database in
                let rows = try Row.fetchAll(
                    database,
                    sql: "SELECT record, until FROM revoked_tokens WHERE until > ?",
                    arguments: [now]
                )
                return rows.compactMap { RevocationList.Entry(record: $0[0], until: $0[1]) }
            }
        }
    }

    private func reach<Value: Sendable>(
        _ body: (ServiceDatabase) async throws -> Value
    ) async throws(SessionStoreError) -> Value {
        do { return try await body(database) } catch { throw SessionStoreError(.unavailable, "\(error)") }
    }

    private static let schema = Migration("revoked-tokens-1") { database in
        try database.execute(
            sql: """
                CREATE TABLE revoked_tokens (record TEXT PRIMARY KEY, until INTEGER NOT NULL) STRICT, WITHOUT ROWID;
                CREATE INDEX revoked_tokens_until ON revoked_tokens(until);
                """
        )
    }
}
