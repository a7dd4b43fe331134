// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import GRDB
internal import Store
internal import StrictJSON

/// The users table. Usernames are unique without regard to case, so that nobody passes for another.
struct UserRepository: Sendable {
    static let migration = Migration("users-1") { database in
        try database.execute(
            sql: """
                CREATE TABLE users (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    username TEXT NOT NULL UNIQUE COLLATE NOCASE,
                    password TEXT NOT NULL,
                    profile TEXT NOT NULL,
                    created_at INTEGER NOT NULL
                ) STRICT;
                """
        )
    }

    let database: ServiceDatabase

    /// `nil`: the name is taken.
    func create(username: String, password: String, profile: JSONValue, now: Int64) async throws -> User? {
        let text = String(decoding: profile.encoded(), as: UTF8.self)
        return try await self.database.write { database in
            try database.execute(
                sql: """
                    INSERT INTO users (username, password, profile, created_at) VALUES (?, ?, ?, ?)
                    ON CONFLICT(username) DO NOTHING
                    """,
                arguments: [username, password, text, now]
            )
            guard database.changesCount == 1 else { return nil }
            return User(id: database.lastInsertedRowID, username: username, profile: profile, createdAt: now)
        }
    }

    func isTaken(_ username: String) async throws -> Bool {
        try await self.database.read { database in
            try Bool.fetchOne(
                database,
                sql: "SELECT EXISTS (SELECT 1 FROM users WHERE username = ?)",
                arguments: [username]
            )
                ?? false
        }
    }

    func find(username: String) async throws -> (user: User, password: String)? {
        try await self.database.read { database in
            let row = try Row.fetchOne(
                database,
                sql: "SELECT id, username, profile, created_at, password FROM users WHERE username = ?",
                arguments: [username]
            )
            return row.map { (Self.user($0), $0[4]) }
        }
    }

    func find(id: Int64) async throws -> User? {
        try await self.database.read { database in try Self.find(id: id, in: database) }
    }

    static func find(id: Int64, in database: GRDB.Database) throws -> User? {
        try Row.fetchOne(
            database,
            sql: "SELECT id, username, profile, created_at FROM users WHERE id = ?",
            arguments: [id]
        ).map(Self.user)
    }

    /// Stores a better hash of the same password, unless somebody changed it meanwhile.
    func rehash(_ user: User, from old: String, to new: String) async throws {
        try await self.database.write { database in
            try database.execute(
                sql: "UPDATE users SET password = ? WHERE id = ? AND password = ?",
                arguments: [new, user.id, old]
            )
        }
    }

    private static func user(_ row: Row) -> User {
        let text: String = row[2]
        let profile: JSONValue
        do {
            profile = try JSONScanner.parse([UInt8](text.utf8))
        } catch {
            profile = .object([])  // display fields only: a damaged one must not lock anybody out
        }
        return User(id: row[0], username: row[1], profile: profile, createdAt: row[3])
    }
}
