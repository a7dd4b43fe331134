// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import GRDB
internal import ServiceKit
internal import Store
internal import StrictJSON

/// The users table. Usernames are unique without regard to case, so that nobody passes for another; of e-mail addresses
/// the verified ones are.
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

    /// A user with the stored password hash.
    struct Credentials: Sendable, Equatable {
        let user: User
        let password: String
    }

    static let columns = "id, username, profile, created_at, email, email_verified_at, disabled_at, roles"

    let database: ServiceDatabase

    /// `nil`: the name is taken.
    ///
    /// - Parameter andThen: in the same transaction.
    func create(
        username: String,
        password: String,
        profile: JSONValue,
        email: String? = nil,
        now: Int64,
        andThen: @escaping @Sendable (User, GRDB.Database) throws -> Void = { _, _ in }
    ) async throws -> User? {
        let text = String(decoding: profile.encoded(), as: UTF8.self)
        return try await self.database.write { database in
            try database.execute(
                sql: """
                    INSERT INTO users (username, password, profile, email, created_at) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT(username) DO NOTHING
                    """,
                arguments: [username, password, text, email, now]
            )
            guard database.changesCount == 1 else { return nil }
            let user = User(
                id: database.lastInsertedRowID,
                username: username,
                profile: profile,
                createdAt: now,
                email: email
            )
            try andThen(user, database)
            return user
        }
    }

    func isTaken(_ username: String) async throws -> Bool { try await self.find(username: username) != nil }

    func find(username: String) async throws -> Credentials? {
        try await self.database.read { database in
            try Self.credentials("username = ?", [username], in: database).first
        }
    }

    static func find(id: Int64, in database: GRDB.Database) throws -> User? {
        try Self.credentials("id = ?", [id], in: database).first?.user
    }

    /// Stores a better hash of the same password. False: somebody changed it meanwhile.
    func rehash(_ credentials: Credentials, to new: String) async throws -> Bool {
        try await self.database.write { database in
            try database.execute(
                sql: "UPDATE users SET password = ? WHERE id = ? AND password = ?",
                arguments: [new, credentials.user.id, credentials.password]
            )
            return database.changesCount == 1
        }
    }

    /// For who acts on a password that was right a moment ago: refuses when it has been changed since, or the user disabled.
    static func require(_ credentials: Credentials, in database: GRDB.Database) throws {
        let holds = try Bool.fetchOne(
            database,
            sql: "SELECT EXISTS (SELECT 1 FROM users WHERE id = ? AND password = ? AND disabled_at IS NULL)",
            arguments: [credentials.user.id, credentials.password]
        )
        guard holds == true else { throw ProblemDetails.invalidCredentials }
    }

    static func credentials(
        _ condition: String,
        _ arguments: StatementArguments,
        in database: GRDB.Database
    ) throws -> [Credentials] {
        try Row.fetchAll(
            database,
            sql: "SELECT \(Self.columns), password FROM users WHERE \(condition) ORDER BY id",
            arguments: arguments
        ).map { Credentials(user: Self.user($0), password: $0[8]) }
    }

    static func user(_ row: Row) -> User {
        User(
            id: row[0],
            username: row[1],
            profile: Self.json(row[2]) ?? .object([]),
            createdAt: row[3],
            email: row[4],
            emailVerifiedAt: row[5],
            disabledAt: row[6],
            roles: Self.json(row[7])?.array?.compactMap(\.string) ?? []
        )
    }

    /// Display fields and roles: damaged ones must not lock anybody out, and give nobody anything.
    private static func json(_ text: String) -> JSONValue? {
        do { return try JSONScanner.parse([UInt8](text.utf8)) } catch { return nil }
    }
}
