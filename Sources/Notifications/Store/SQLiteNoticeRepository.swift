// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import GRDB
package import ServiceKit
package import Store
internal import StrictJSON
internal import Wire

package struct SQLiteNoticeRepository: NoticeRepository {
    static let columns = "position, id, owner, type, title, task_id, task_title, created_at, read_at, request_id"

    let database: ServiceDatabase

    package init(database: ServiceDatabase) {
        self.database = database
    }

    package func list(owner: String, filter: NoticeFilter, page: PageRequest) async throws -> Inbox {
        try await self.database.read { database in
            let notices = try Row.fetchAll(
                database,
                sql: """
                    SELECT \(Self.columns) FROM notices WHERE owner = ? AND position < ?
                    \(Self.condition(filter)) ORDER BY position DESC LIMIT ?
                    """,
                arguments: [owner, page.before ?? .max] + StatementArguments(filter.kind.map { [$0.rawValue] } ?? [])
                    + [page.limit + 1]
            ).compactMap(Notice.init(row:))
            return Inbox(
                page: Page(rows: notices, limit: page.limit, key: \.position),
                unread: try Self.unread(of: owner, in: database)
            )
        }
    }

    package func find(id: String, owner: String) async throws -> Notice? {
        try await self.database.read { database in
            try Row.fetchOne(
                database,
                sql: "SELECT \(Self.columns) FROM notices WHERE id = ? AND owner = ?",
                arguments: [id, owner]
            ).flatMap(Notice.init(row:))
        }
    }

    package func mark(id: String, owner: String, isRead: Bool, at now: Int64) async throws -> Int? {
        try await self.change(owner: owner, at: now) { database in
            try database.execute(
                sql: isRead
                    ? "UPDATE notices SET read_at = ? WHERE id = ? AND owner = ? AND read_at IS NULL"
                    : "UPDATE notices SET read_at = NULL WHERE ? > 0 AND id = ? AND owner = ? AND read_at IS NOT NULL",
                arguments: [now, id, owner]
            )
            if database.changesCount > 0 { return .changed }
            let known = try Bool.fetchOne(
                database,
                sql: "SELECT 1 FROM notices WHERE id = ? AND owner = ?",
                arguments: [id, owner]
            )
            return known == nil ? .unknown : .same
        }
    }

    package func markAllRead(owner: String, at now: Int64) async throws -> Int {
        try await self.database.write { database in
            try database.execute(
                sql: "UPDATE notices SET read_at = ? WHERE owner = ? AND read_at IS NULL",
                arguments: [now, owner]
            )
            let marked = database.changesCount
            if marked > 0 { try Self.tell(owner, unread: 0, at: now, in: database) }
            return marked
        }
    }

    package func delete(id: String, owner: String, at now: Int64) async throws -> Int? {
        try await self.change(owner: owner, at: now) { database in
            try database.execute(
                sql: "DELETE FROM notices WHERE id = ? AND owner = ?",
                arguments: [id, owner]
            )
            return database.changesCount > 0 ? .changed : .unknown
        }
    }

    private enum Change { case changed, same, unknown }

    /// What is unread afterwards, told live where something changed.
    private func change(
        owner: String,
        at now: Int64,
        _ body: @escaping @Sendable (GRDB.Database) throws -> Change
    ) async throws -> Int? {
        try await self.database.write { database in
            let change = try body(database)
            guard change != .unknown else { return nil }
            let unread = try Self.unread(of: owner, in: database)
            if change == .changed { try Self.tell(owner, unread: unread, at: now, in: database) }
            return unread
        }
    }

    private static func tell(_ owner: String, unread: Int, at now: Int64, in database: GRDB.Database) throws {
        try Outbox.append(
            OutboxEvent(
                type: InboxChange.type,
                subject: Topic.user(owner).name,
                data: InboxChange.liveJSON(unread: unread).encoded(),
                createdAt: now
            ),
            in: database
        )
    }

    static func unread(of owner: String, in database: GRDB.Database) throws -> Int {
        try Int.fetchOne(
            database,
            sql: "SELECT count(*) FROM notices WHERE owner = ? AND read_at IS NULL",
            arguments: [owner]
        ) ?? 0
    }

    private static func condition(_ filter: NoticeFilter) -> String {
        let state = filter.unread.map { $0 ? "AND read_at IS NULL" : "AND read_at IS NOT NULL" } ?? ""
        return filter.kind == nil ? state : "\(state) AND type = ?"
    }
}

extension Notice {
    /// A row of `SQLiteNoticeRepository.columns`; `nil` for a kind that only a newer version knows.
    init?(row: Row) {
        guard let kind = NoticeKind(rawValue: row[3]) else { return nil }
        self.init(
            id: row[1],
            position: row[0],
            owner: row[2],
            kind: kind,
            title: row[4],
            taskID: row[5],
            taskTitle: row[6],
            createdAt: row[7],
            readAt: row[8],
            requestID: row[9]
        )
    }
}
