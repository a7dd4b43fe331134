// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import GRDB
internal import ServiceKit
package import Store

package struct SQLiteTaskRepository: TaskRepository {
    package static let migrations = TaskMigrations.all

    static let columns = """
        position, id, owner, title, notes, due_at, created_at, state, assignee, labels, updated_at, completed_at, \
        deleted_at, version
        """

    let database: ServiceDatabase
    /// How long before its due time a task's reminder goes out, in milliseconds.
    private let lead: Int64

    package init(database: ServiceDatabase, remindBefore lead: Duration = .seconds(900)) {
        self.database = database
        self.lead = lead.components.seconds * 1000
    }

    package func create(
        _ item: WorkItem,
        cause: EventCause,
        request: IdempotentRequest?
    ) async throws -> TaskCreation {
        try await self.database.write { database in
            if let request {
                switch try IdempotencyKeys.admit(request, at: item.createdAt, in: database) {
                case .fresh: break
                case .repeated(let answer): return .repeated(answer)
                case .reused: return .keyReused
                }
            }
            var stored = item
            stored.position = try Self.insert(item, in: database)
            try self.follow(from: nil, to: stored, actor: item.owner, at: item.createdAt, cause: cause, in: database)
            return .created(stored)
        }
    }

    package func find(id: String) async throws -> WorkItem? {
        try await self.database.read { try Self.find(id, in: $0) }
    }

    package func list(_ query: TaskQuery) async throws -> TaskPage {
        let statement = TaskListStatement(query)
        let rows = try await self.database.read { database in
            try Row.fetchAll(
                try database.cachedStatement(sql: statement.sql),
                arguments: StatementArguments(statement.arguments)
            ).map(WorkItem.init(row:))
        }
        return TaskPage(rows: rows, query: query)
    }

    package func change(
        id: String,
        at now: Int64,
        actor: String,
        cause: EventCause,
        _ decide: @escaping @Sendable (WorkItem) throws -> WorkItem
    ) async throws -> WorkItem? {
        try await self.database.write { database in
            guard let old = try Self.find(id, in: database) else { return nil }
            var new = try decide(old)
            guard new != old else { return old }
            new.version = old.version + 1
            new.updatedAt = now
            try Self.update(new, labelsChanged: new.labels != old.labels, in: database)
            try self.follow(from: old, to: new, actor: actor, at: now, cause: cause, in: database)
            return new
        }
    }

    package func stamp(of caller: Caller) async throws -> Int64 {
        try await self.database.read { database in
            try Int64.fetchOne(
                try database.cachedStatement(sql: "SELECT stamp FROM list_stamps WHERE subject = ?"),
                arguments: [caller.seesEverything ? "" : caller.subject]
            ) ?? 0
        }
    }

    // MARK: What a change entails

    private func follow(
        from old: WorkItem?,
        to new: WorkItem,
        actor: String,
        at now: Int64,
        cause: EventCause,
        in database: GRDB.Database
    ) throws {
        for fact in TaskFact.facts(from: old, to: new, actor: actor) {
            try Outbox.append(fact.outboxEvent(at: now, cause: cause), in: database)
        }
        try ReminderJob.apply(
            Reminder.plan(from: old, to: new, lead: self.lead, now: now),
            to: new,
            at: now,
            cause: cause,
            in: database
        )
        try Self.restamp(Set([new.owner, old?.assignee, new.assignee].compactMap(\.self)), in: database)
    }

    /// At random, not one more than before: a store restored from a backup must not name its lists as the lost one did.
    static func restamp(_ subjects: Set<String>, in database: GRDB.Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO list_stamps VALUES (?, random()) ON CONFLICT (subject) DO UPDATE SET stamp = excluded.stamp
                """
        )
        for subject in subjects.union([""]) { try statement.execute(arguments: [subject]) }
    }

    // MARK: Rows

    static func find(_ id: String, in database: GRDB.Database) throws -> WorkItem? {
        try Row.fetchOne(
            try database.cachedStatement(sql: "SELECT \(Self.columns) FROM work_items WHERE id = ?"),
            arguments: [id]
        ).map(WorkItem.init(row:))
    }

    private static func insert(_ item: WorkItem, in database: GRDB.Database) throws -> Int64 {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO work_items (id, owner, title, notes, due_at, created_at, state, assignee, labels, updated_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        )
        try statement.execute(arguments: [
            item.id, item.owner, item.title, item.notes, item.dueAt, item.createdAt, item.state.rawValue,
            item.assignee, LabelText.encode(item.labels), item.updatedAt,
        ])
        let position = database.lastInsertedRowID
        try Self.insertLabels(item.labels, of: position, in: database)
        return position
    }

    private static func update(_ item: WorkItem, labelsChanged: Bool, in database: GRDB.Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                UPDATE work_items SET title = ?, notes = ?, due_at = ?, state = ?, assignee = ?, labels = ?, updated_at = ?,
                    completed_at = ?, deleted_at = ?, version = ?
                WHERE position = ?
                """
        )
        try statement.execute(arguments: [
            item.title, item.notes, item.dueAt, item.state.rawValue, item.assignee, LabelText.encode(item.labels),
            item.updatedAt, item.completedAt, item.deletedAt, item.version, item.position,
        ])
        guard labelsChanged else { return }
        try database.execute(sql: "DELETE FROM work_item_labels WHERE position = ?", arguments: [item.position])
        try Self.insertLabels(item.labels, of: item.position, in: database)
    }

    private static func insertLabels(_ labels: [String], of position: Int64, in database: GRDB.Database) throws {
        for label in labels {
            try database.cachedStatement(sql: "INSERT INTO work_item_labels VALUES (?, ?)")
                .execute(arguments: [position, label])
        }
    }
}

extension WorkItem {
    /// A row of `SQLiteTaskRepository.columns`.
    init(row: Row) {
        self.init(
            id: row[1],
            position: row[0],
            owner: row[2],
            title: row[3],
            notes: row[4],
            state: State(rawValue: row[7]) ?? .open,
            assignee: row[8],
            labels: LabelText.decode(row[9]),
            dueAt: row[5],
            createdAt: row[6],
            updatedAt: row[10],
            completedAt: row[11],
            deletedAt: row[12],
            version: row[13]
        )
    }
}
