// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import GRDB
internal import Store

/// The history of `tasks.sqlite`.
enum TaskMigrations {
    static let all =
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
            },
            JobQueue.migration,
            IdempotencyKeys.migration,
            Migration("tasks-2") { database in try database.execute(sql: Self.second) },
        ]

    /// Every list is a walk along one index, for owners and assignees alike; the bin has its own.
    private static let second = """
        ALTER TABLE work_items ADD COLUMN state TEXT NOT NULL DEFAULT 'open';
        ALTER TABLE work_items ADD COLUMN assignee TEXT;
        ALTER TABLE work_items ADD COLUMN labels TEXT NOT NULL DEFAULT '[]';
        ALTER TABLE work_items ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE work_items ADD COLUMN completed_at INTEGER;
        ALTER TABLE work_items ADD COLUMN deleted_at INTEGER;
        ALTER TABLE work_items ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
        ALTER TABLE work_items ADD COLUMN due_key INTEGER AS (coalesce(due_at, 9223372036854775807)) VIRTUAL;
        UPDATE work_items SET updated_at = created_at;
        DROP INDEX work_items_by_owner;
        CREATE INDEX items_by_owner ON work_items(owner, position) WHERE deleted_at IS NULL;
        CREATE INDEX items_by_owner_due ON work_items(owner, due_key, position) WHERE deleted_at IS NULL;
        CREATE INDEX items_by_owner_updated ON work_items(owner, updated_at, position) WHERE deleted_at IS NULL;
        CREATE INDEX items_by_assignee ON work_items(assignee, position)
            WHERE deleted_at IS NULL AND assignee IS NOT NULL;
        CREATE INDEX items_by_assignee_due ON work_items(assignee, due_key, position)
            WHERE deleted_at IS NULL AND assignee IS NOT NULL;
        CREATE INDEX items_by_assignee_updated ON work_items(assignee, updated_at, position)
            WHERE deleted_at IS NULL AND assignee IS NOT NULL;
        CREATE INDEX items_deleted ON work_items(owner, position) WHERE deleted_at IS NOT NULL;
        CREATE INDEX items_by_deletion ON work_items(deleted_at) WHERE deleted_at IS NOT NULL;
        CREATE TABLE work_item_labels (
            position INTEGER NOT NULL REFERENCES work_items(position) ON DELETE CASCADE,
            label TEXT NOT NULL,
            PRIMARY KEY (position, label)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE list_stamps (
            subject TEXT PRIMARY KEY,
            stamp INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        INSERT INTO list_stamps SELECT DISTINCT owner, random() FROM work_items;
        INSERT INTO list_stamps VALUES ('', random());
        """
}
