// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import GRDB
package import Store

extension SQLiteNoticeRepository {
    package static let migrations =
        Outbox.migrations + [JobQueue.migration] + [
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
            },
            Migration("notifications-2") { database in
                try database.execute(
                    sql: """
                        CREATE TABLE preferences (
                            owner TEXT NOT NULL,
                            kind TEXT NOT NULL,
                            inbox INTEGER NOT NULL,
                            live INTEGER NOT NULL,
                            PRIMARY KEY (owner, kind)
                        ) STRICT, WITHOUT ROWID;
                        CREATE INDEX preferences_by_kind ON preferences(kind, owner) WHERE inbox = 1;
                        CREATE INDEX notices_by_arrival ON notices(created_at);
                        CREATE INDEX notices_by_reading ON notices(read_at) WHERE read_at IS NOT NULL;
                        """
                )
            },
            Migration("notifications-3") { database in
                try database.execute(sql: "ALTER TABLE notices ADD COLUMN request_id TEXT")
            },
        ]
}
