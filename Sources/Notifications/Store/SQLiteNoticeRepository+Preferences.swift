// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import GRDB
internal import Store

extension SQLiteNoticeRepository {
    package func preferences(of owner: String) async throws -> [Preference] {
        try await self.database.read { database in
            try NoticeKind.allCases.map { try Self.preference($0, of: owner, in: database) }
        }
    }

    package func set(_ preference: Preference, of owner: String) async throws {
        try await self.database.write { database in
            try database.execute(
                sql: """
                    INSERT INTO preferences (owner, kind, inbox, live) VALUES (?, ?, ?, ?)
                    ON CONFLICT (owner, kind) DO UPDATE SET inbox = excluded.inbox, live = excluded.live
                    """,
                arguments: [owner, preference.kind.rawValue, preference.inbox, preference.live]
            )
        }
    }

    static func preference(_ kind: NoticeKind, of owner: String, in database: GRDB.Database) throws -> Preference {
        let row = try Row.fetchOne(
            database,
            sql: "SELECT inbox, live FROM preferences WHERE owner = ? AND kind = ?",
            arguments: [owner, kind.rawValue]
        )
        return row.map { Preference(kind, inbox: $0[0], live: $0[1]) } ?? .standard(kind)
    }
}
