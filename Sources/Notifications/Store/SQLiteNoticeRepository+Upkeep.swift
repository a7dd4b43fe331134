// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import GRDB
internal import Store

extension SQLiteNoticeRepository {
    /// Digests do not count digests.
    package func digestOwners(after owner: String, since: Int64, limit: Int) async throws -> [DigestCount] {
        try await self.database.read { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT preferences.owner, count(*) FROM preferences
                    JOIN notices ON notices.owner = preferences.owner AND notices.read_at IS NULL
                        AND notices.created_at >= ? AND notices.type <> ?
                    WHERE preferences.kind = ? AND preferences.inbox = 1 AND preferences.owner > ?
                    GROUP BY preferences.owner ORDER BY preferences.owner LIMIT ?
                    """,
                arguments: [since, NoticeKind.digest.rawValue, NoticeKind.digest.rawValue, owner, limit]
            )
            return rows.map { DigestCount(owner: $0[0], unread: $0[1]) }
        }
    }

    package func prune(readBefore read: Int64, arrivedBefore arrived: Int64, limit: Int) async throws -> Int {
        try await self.database.write { database in
            try database.execute(
                sql: """
                    DELETE FROM notices WHERE position IN (
                        SELECT position FROM notices WHERE read_at < ? OR created_at < ? LIMIT ?
                    )
                    """,
                arguments: [read, arrived, limit]
            )
            return database.changesCount
        }
    }
}
