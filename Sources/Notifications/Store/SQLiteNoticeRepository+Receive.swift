// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import GRDB
package import Store
internal import StrictJSON
internal import Wire

extension SQLiteNoticeRepository {
    /// How long an event's id is remembered, in milliseconds: far longer than any bus delivers again.
    private static let memory: Int64 = 30 * 24 * 3600 * 1000

    package func receive(
        _ notices: [Notice],
        eventID: String,
        cause: EventCause,
        at now: Int64
    ) async throws -> Int? {
        try await self.database.write { database in
            guard try Self.isNew(eventID, at: now, in: database) else { return nil }
            var kept = 0
            for notice in notices where try Self.keep(notice, cause, in: database) { kept += 1 }
            return kept
        }
    }

    /// Whether its owner wanted it.
    private static func keep(_ notice: Notice, _ cause: EventCause, in database: GRDB.Database) throws -> Bool {
        let preference = try Self.preference(notice.kind, of: notice.owner, in: database)
        guard preference.inbox else { return false }
        try database.execute(
            sql: """
                INSERT INTO notices (id, owner, type, title, task_id, task_title, created_at, read_at, request_id)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                notice.id, notice.owner, notice.kind.rawValue, notice.title, notice.taskID, notice.taskTitle,
                notice.createdAt, notice.readAt, notice.requestID,
            ]
        )
        guard preference.live else { return true }
        let unread = try Self.unread(of: notice.owner, in: database)
        try Outbox.append(
            OutboxEvent(
                type: notice.kind.rawValue,
                subject: Topic.user(notice.owner).name,
                data: notice.liveJSON(unread: unread).encoded(),
                createdAt: notice.createdAt,
                cause: cause
            ),
            in: database
        )
        return true
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
