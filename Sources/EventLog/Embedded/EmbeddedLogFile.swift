// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import GRDB
internal import Store
internal import Wire

/// The embedded log's SQLite file. WAL with `synchronous = FULL`: what was acknowledged survives a power cut, or a
/// cursor handed out could be given to another event after it.
struct EmbeddedLogFile: Sendable {
    struct Contents {
        var mark: Wire.Cursor
        var floor: Wire.Cursor
        var entries: [LogEntry]
    }

    private let database: ServiceDatabase

    private static let migrations = [
        Migration("event-log-1") { db in
            try db.execute(
                sql: """
                    CREATE TABLE log_entry (
                        ms INTEGER NOT NULL, seq INTEGER NOT NULL, topic TEXT NOT NULL, data BLOB NOT NULL, key TEXT,
                        PRIMARY KEY (ms, seq)
                    ) WITHOUT ROWID;
                    CREATE TABLE log_position (
                        name TEXT PRIMARY KEY, ms INTEGER NOT NULL, seq INTEGER NOT NULL
                    ) WITHOUT ROWID;
                    """
            )
        }
    ]

    /// Blocks while the file is read.
    /// - Parameter now: Unix milliseconds, the mark of a new file.
    static func open(path: String, now: UInt64) throws -> (EmbeddedLogFile, Contents) {
        let database = try ServiceDatabase.open(path: path, migrations: migrations)
        try database.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        let contents = try database.pool.write { db in
            let mark = try position("mark", in: db) ?? Wire.Cursor(milliseconds: now, sequence: 0)
            try store(mark, as: "mark", in: db)
            return Contents(mark: mark, floor: try position("floor", in: db) ?? mark, entries: try entries(in: db))
        }
        return (EmbeddedLogFile(database: database), contents)
    }

    /// Calls `body` on SQLite's writing queue, soon.
    func onWriter(_ body: @escaping @Sendable (GRDB.Database) -> Void) {
        database.pool.asyncWriteWithoutTransaction(body)
    }

    /// One transaction: these entries, and nothing at or below the floor any more.
    static func commit(_ entries: [LogEntry], newFloor: Wire.Cursor?, in db: GRDB.Database) throws {
        try db.inTransaction {
            let insert = try db.cachedStatement(
                sql: "INSERT INTO log_entry (ms, seq, topic, data, key) VALUES (?, ?, ?, ?, ?)"
            )
            for entry in entries {
                guard case .data(let data) = entry.body else { continue }
                try insert.execute(
                    arguments: [
                        Int64(clamping: entry.id.milliseconds), Int64(clamping: entry.id.sequence), entry.topic.name,
                        data.databaseBlob, entry.key,
                    ]
                )
            }
            if let newFloor {
                try db.execute(
                    sql: "DELETE FROM log_entry WHERE (ms, seq) <= (?, ?)",
                    arguments: [Int64(clamping: newFloor.milliseconds), Int64(clamping: newFloor.sequence)]
                )
                try store(newFloor, as: "floor", in: db)
            }
            return .commit
        }
    }

    func close() throws { try database.close() }

    private static func position(_ name: String, in db: GRDB.Database) throws -> Wire.Cursor? {
        try Row.fetchOne(db, sql: "SELECT ms, seq FROM log_position WHERE name = ?", arguments: [name]).map(cursor)
    }

    private static func store(_ cursor: Wire.Cursor, as name: String, in db: GRDB.Database) throws {
        try db.execute(
            sql: "INSERT OR REPLACE INTO log_position (name, ms, seq) VALUES (?, ?, ?)",
            arguments: [name, Int64(clamping: cursor.milliseconds), Int64(clamping: cursor.sequence)]
        )
    }

    private static func entries(in db: GRDB.Database) throws -> [LogEntry] {
        var entries: [LogEntry] = []
        let rows = try Row.fetchCursor(db, sql: "SELECT ms, seq, topic, data, key FROM log_entry ORDER BY ms, seq")
        while let row = try rows.next() {
            let name: String = row["topic"]
            guard let topic = LogRules.topic(name) else { continue }
            let data = try row.withUnsafeData(named: "data") { $0.map { Array($0) } ?? [] }
            entries.append(LogEntry(id: cursor(row), topic: topic, body: .data(data), key: row["key"]))
        }
        return entries
    }

    private static func cursor(_ row: Row) -> Wire.Cursor {
        let (milliseconds, sequence): (Int64, Int64) = (row["ms"], row["seq"])
        return Wire.Cursor(milliseconds: UInt64(clamping: milliseconds), sequence: UInt64(clamping: sequence))
    }
}

extension [UInt8] {
    /// Stored as a BLOB, byte for byte.
    fileprivate var databaseBlob: DatabaseValue { Data(self).databaseValue }
}
