// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import GRDB
package import ServiceKit
package import Store

package struct SQLiteTaskRepository: TaskRepository {
    package static let migrations =
        Outbox.migrations + [
            Migration("tasks-1") { database in
                try database.execute(
                    sql: """
                        CREATE TABLE work_items (
                            position INTEGER PRIMARY KEY AUTOINCREMENT,
                            id TEXT NOT NULL UNIQUE,
                            owner TEXT NOT NULL,
                            title TEXT NOT NULL,
                            notes TEXT,
                            due_at INTEGER,
                            created_at INTEGER NOT NULL
                        ) STRICT;
                        CREATE INDEX work_items_by_owner ON work_items(owner, position);
                        """
                )
            }
        ]

    private static let columns = "position, id, owner, title, notes, due_at, created_at"

    private let database: ServiceDatabase

    package init(database: ServiceDatabase) {
        self.database = database
    }

    package func create(_ item: WorkItem) async throws -> WorkItem {
        try await self.database.write { database in
            try database.execute(
                sql: """
                    INSERT INTO work_items (id, owner, title, notes, due_at, created_at) VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [item.id, item.owner, item.title, item.notes, item.dueAt, item.createdAt]
            )
            var stored = item
            stored.position = database.lastInsertedRowID
            try Outbox.append(TaskCreated(stored).outboxEvent, in: database)
            return stored
        }
    }

    package func find(id: String, owner: String) async throws -> WorkItem? {
        try await self.database.read { database in
            try Row.fetchOne(
                database,
                sql: "SELECT \(Self.columns) FROM work_items WHERE id = ? AND owner = ?",
                arguments: [id, owner]
            ).map(WorkItem.init(row:))
        }
    }

    package func list(owner: String, page: PageRequest) async throws -> Page<WorkItem> {
        let rows = try await self.database.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT \(Self.columns) FROM work_items WHERE owner = ? AND position < ?
                    ORDER BY position DESC LIMIT ?
                    """,
                arguments: [owner, page.before ?? .max, page.limit + 1]
            ).map(WorkItem.init(row:))
        }
        return Page(rows: rows, limit: page.limit, key: \.position)
    }
}

extension WorkItem {
    /// A row of `SQLiteTaskRepository.columns`.
    fileprivate init(row: Row) {
        self.init(
            id: row[1],
            position: row[0],
            owner: row[2],
            title: row[3],
            notes: row[4],
            dueAt: row[5],
            createdAt: row[6]
        )
    }
}
