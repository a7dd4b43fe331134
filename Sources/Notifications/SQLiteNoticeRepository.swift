// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import GRDB
package import ServiceKit
package import Store
internal import StrictJSON
internal import Wire

package struct SQLiteNoticeRepository: NoticeRepository {
    package static let migrations =
        Outbox.migrations + [
            Migration("notifications-1") { database in
                try database.execute(
                    sql: """
                        CREATE TABLE notices (
                            position INTEGER PRIMARY KEY AUTOINCREMENT,
                            id TEXT NOT NULL UNIQUE,
                            owner TEXT NOT NULL,
                            type TEXT NOT NULL,
                            title TEXT NOT NULL,
                            task_id TEXT,
                            task_title TEXT,
                            created_at INTEGER NOT NULL,
                            read_at INTEGER
                        ) STRICT;
                        CREATE INDEX notices_by_owner ON notices(owner, position);
                        CREATE INDEX notices_unread ON notices(owner) WHERE read_at IS NULL;
                        CREATE TABLE handled_events (
                            id TEXT PRIMARY KEY,
                            handled_at INTEGER NOT NULL
                        ) STRICT;
                        CREATE INDEX handled_events_by_time ON handled_events(handled_at);
                        """
                )
            }
        ]

    /// How long an event's id is remembered, in milliseconds: far longer than any bus delivers again.
    private static let memory: Int64 = 30 * 24 * 3600 * 1000

    private static let columns = "position, id, owner, type, title, task_id, task_title, created_at, read_at"

    private let database: ServiceDatabase

    package init(database: ServiceDatabase) {
        self.database = database
    }

    package func receive(_ notice: Notice, eventID: String) async throws -> Bool {
        try await self.database.write { database in
            guard try Self.isNew(eventID, at: notice.createdAt, in: database) else { return false }
            try database.execute(
                sql: """
                    INSERT INTO notices (id, owner, type, title, task_id, task_title, created_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    notice.id, notice.owner, notice.type, notice.title, notice.taskID, notice.taskTitle,
                    notice.createdAt,
                ]
            )
            let unread = try Self.unread(of: notice.owner, in: database)
            try Outbox.append(
                OutboxEvent(
                    type: notice.type,
                    subject: Topic.user(notice.owner).name,
                    data: notice.liveJSON(unread: unread).encoded(),
                    createdAt: notice.createdAt
                ),
                in: database
            )
            return true
        }
    }

    package func list(owner: String, page: PageRequest) async throws -> Inbox {
        try await self.database.read { database in
            let notices = try Row.fetchAll(
                database,
                sql: """
                    SELECT \(Self.columns) FROM notices WHERE owner = ? AND position < ? ORDER BY position DESC LIMIT ?
                    """,
                arguments: [owner, page.before ?? .max, page.limit + 1]
            ).map(Notice.init(row:))
            return Inbox(
                page: Page(rows: notices, limit: page.limit, key: \.position),
                unread: try Self.unread(of: owner, in: database)
            )
        }
    }

    package func markRead(id: String, owner: String, at now: Int64) async throws -> Int? {
        try await self.database.write { database in
            try database.execute(
                sql: "UPDATE notices SET read_at = coalesce(read_at, ?) WHERE id = ? AND owner = ?",
                arguments: [now, id, owner]
            )
            guard database.changesCount > 0 else { return nil }
            return try Self.unread(of: owner, in: database)
        }
    }

    package func markAllRead(owner: String, at now: Int64) async throws -> Int {
        try await self.database.write { database in
            try database.execute(
                sql: "UPDATE notices SET read_at = ? WHERE owner = ? AND read_at IS NULL",
                arguments: [now, owner]
            )
            return database.changesCount
        }
    }

    private static func unread(of owner: String, in database: GRDB.Database) throws -> Int {
        try Int.fetchOne(
            database,
            sql: "SELECT count(*) FROM notices WHERE owner = ? AND read_at IS NULL",
            arguments: [owner]
        ) ?? 0
    }

    /// Remembers the event, and forgets a few old ones in return, so that the table stays as large as a month is busy.
    private static func isNew(_ eventID: String, at now: Int64, in database: GRDB.Database) throws -> Bool {
        try database.execute(
            sql: "INSERT INTO handled_events (id, handled_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
            arguments: [eventID, now]
        )
        guard database.changesCount > 0 else { return false }
        try database.execute(
            sql: """
                DELETE FROM handled_events WHERE id IN (
                    SELECT id FROM handled_events WHERE handled_at < ? ORDER BY handled_at LIMIT 8
                )
                """,
            arguments: [now - Self.memory]
        )
        return true
    }
}

extension Notice {
    /// A row of `SQLiteNoticeRepository.columns`.
    fileprivate init(row: Row) {
        self.init(
            id: row[1],
            position: row[0],
            owner: row[2],
            type: row[3],
            title: row[4],
            taskID: row[5],
            taskTitle: row[6],
            createdAt: row[7],
            readAt: row[8]
        )
    }
}
