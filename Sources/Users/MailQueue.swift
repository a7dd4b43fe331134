// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import GRDB
internal import Store

/// Mails on their way, as rows beside the accounts: enqueued in the transaction that wants them sent, so that none is lost
/// in a crash and none is sent of a change that was rolled back. Tokens are made when a mail is sent: none lies here.
enum MailQueue {
    enum Errand: Sendable, Equatable {
        /// Somebody typed this address into "forgot password". Whether it is known is found out by the worker, so that
        /// known and unknown ones cost the asking request the same.
        case resetRequested
        case mail(MailTemplate, userID: Int64)
    }

    struct Entry: Sendable, Equatable {
        let id: Int64
        let errand: Errand
        let email: String
        /// Unix seconds, as all times here.
        let createdAt: Int64
        /// This one included.
        let attempts: Int64
    }

    /// Requests for resets are refused beyond so many rows: nobody fills the disk by typing addresses.
    struct Full: Error {}

    static let capacity = 10_000
    /// How long a worker has for one mail before another may try it: longer than any sender takes.
    static let lease: Int64 = 120
    /// After this a mail is given up: its reader has asked for another one long ago.
    static let patience: Int64 = 86_400

    static let schema = """
        CREATE TABLE mails (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            template TEXT,
            user_id INTEGER REFERENCES users(id) ON DELETE CASCADE,
            email TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            due_at INTEGER NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        CREATE INDEX mails_due ON mails(due_at);
        CREATE INDEX mails_user ON mails(user_id);
        """

    static func request(reset email: String, now: Int64, in database: GRDB.Database) throws {
        let rows = try Int.fetchOne(database, sql: "SELECT count(*) FROM mails") ?? 0
        guard rows < Self.capacity else { throw Full() }
        try Self.insert(nil, nil, email, now, in: database)
    }

    static func enqueue(
        _ template: MailTemplate,
        to user: Int64,
        email: String,
        now: Int64,
        in database: GRDB.Database
    ) throws {
        try Self.insert(template, user, email, now, in: database)
    }

    static func isDue(now: Int64, in database: GRDB.Database) throws -> Bool {
        try Bool.fetchOne(database, sql: "SELECT EXISTS (SELECT 1 FROM mails WHERE due_at <= ?)", arguments: [now])
            ?? false
    }

    /// Takes what is due, for `lease` seconds.
    static func claim(_ limit: Int, now: Int64, in database: GRDB.Database) throws -> [Entry] {
        try Row.fetchAll(
            database,
            sql: """
                UPDATE mails SET due_at = ?, attempts = attempts + 1
                WHERE id IN (SELECT id FROM mails WHERE due_at <= ? ORDER BY due_at, id LIMIT ?)
                RETURNING id, template, user_id, email, created_at, attempts
                """,
            arguments: [now + Self.lease, now, limit]
        ).map(Self.entry)
    }

    static func finish(_ entry: Entry, in database: GRDB.Database) throws {
        try database.execute(sql: "DELETE FROM mails WHERE id = ?", arguments: [entry.id])
    }

    static func postpone(_ entry: Entry, now: Int64, in database: GRDB.Database) throws {
        try database.execute(
            sql: "UPDATE mails SET due_at = ? WHERE id = ?",
            arguments: [now + Self.pause(after: entry.attempts), entry.id]
        )
    }

    /// Seconds: 30, 120, 480, 1920, then an hour.
    static func pause(after attempts: Int64) -> Int64 {
        min(3600, 30 << min(2 * max(0, attempts - 1), 10))
    }

    private static func insert(
        _ template: MailTemplate?,
        _ user: Int64?,
        _ email: String,
        _ now: Int64,
        in database: GRDB.Database
    ) throws {
        try database.execute(
            sql: "INSERT INTO mails (template, user_id, email, created_at, due_at) VALUES (?, ?, ?, ?, ?)",
            arguments: [template?.rawValue, user, email, now, now]
        )
    }

    private static func entry(_ row: Row) -> Entry {
        let template: String? = row[1]
        let user: Int64? = row[2]
        var errand = Errand.resetRequested
        if let template = template.flatMap(MailTemplate.init), let user { errand = .mail(template, userID: user) }
        return Entry(id: row[0], errand: errand, email: row[3], createdAt: row[4], attempts: row[5])
    }
}
