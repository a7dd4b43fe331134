// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import GRDB
internal import Store

/// Families of refresh tokens. Every change is one transaction, and SQLite has one writer: any number of concurrent
/// refreshes of one token see one rotation and get one successor.
struct RefreshTokenRepository: Sendable {
    struct Issued: Sendable, Equatable {
        let token: RefreshToken
        /// Unix seconds.
        let expiresAt: Int64
        let user: User
        /// What access tokens carry as `family`: which login they belong to.
        let family: Int64
    }

    enum Outcome: Sendable, Equatable {
        case issued(Issued)
        /// Unknown, expired or of a family that ended.
        case refused
        /// A spent token came back after its grace: its family has ended now.
        case reused(userID: Int64)
    }

    static let migration = Migration("refresh-tokens-1") { database in
        try database.execute(
            sql: """
                CREATE TABLE refresh_families (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,
                    created_at INTEGER NOT NULL,
                    expires_at INTEGER NOT NULL,
                    ended_at INTEGER,
                    end_reason TEXT
                ) STRICT;
                CREATE INDEX refresh_families_user ON refresh_families(user_id);
                CREATE INDEX refresh_families_expiry ON refresh_families(expires_at);
                CREATE TABLE refresh_tokens (
                    hash BLOB PRIMARY KEY,
                    family_id INTEGER NOT NULL REFERENCES refresh_families(id) ON DELETE CASCADE,
                    expires_at INTEGER NOT NULL,
                    used_at INTEGER,
                    successor_salt BLOB
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX refresh_tokens_family ON refresh_tokens(family_id);
                CREATE INDEX refresh_tokens_expiry ON refresh_tokens(expires_at);
                """
        )
    }

    let database: ServiceDatabase
    /// Seconds a token lives unused.
    let lifetime: Int64
    /// Seconds a family lives, however often it is refreshed.
    let familyLifetime: Int64

    /// - Throws: `ProblemDetails` where the password that proved the user is not his any more.
    func start(for credentials: UserRepository.Credentials, now: Int64) async throws -> Issued {
        let token = RefreshToken.random()
        let familyEnd = now + self.familyLifetime
        let end = min(now + self.lifetime, familyEnd)
        let user = credentials.user
        let family = try await self.database.write { database in
            try UserRepository.require(credentials, in: database)
            try database.execute(
                sql: "INSERT INTO refresh_families (user_id, created_at, expires_at) VALUES (?, ?, ?)",
                arguments: [user.id, now, familyEnd]
            )
            let family = database.lastInsertedRowID
            try Self.insert(token, family: family, expiresAt: end, in: database)
            return family
        }
        return Issued(token: token, expiresAt: end, user: user, family: family)
    }

    func rotate(_ token: RefreshToken, now: Int64) async throws -> Outcome {
        let lifetime = self.lifetime
        return try await self.database.write { database in
            guard let found = try Self.find(token, in: database),
                let user = try UserRepository.find(id: found.userID, in: database), user.disabledAt == nil
            else { return .refused }
            switch RefreshTokenFamily.judge(found.record, now: now) {
            case .rotate:
                let salt = RefreshToken.randomSalt()
                let successor = token.successor(salt: salt)
                let end = min(now + lifetime, found.record.familyExpiresAt)
                try database.execute(
                    sql: "UPDATE refresh_tokens SET used_at = ?, successor_salt = ? WHERE hash = ?",
                    arguments: [now, Data(salt), Data(token.hash)]
                )
                try Self.insert(successor, family: found.familyID, expiresAt: end, in: database)
                return .issued(Issued(token: successor, expiresAt: end, user: user, family: found.familyID))
            case .replay(let salt):
                let successor = token.successor(salt: salt)
                guard let record = try Self.find(successor, in: database)?.record else { return .refused }
                return .issued(
                    Issued(token: successor, expiresAt: record.expiresAt, user: user, family: found.familyID)
                )
            case .reuse:
                try Self.end(found.familyID, reason: "reuse", now: now, in: database)
                return .reused(userID: found.userID)
            case .refuse:
                return .refused
            }
        }
    }

    /// Ends the token's family. Answers whether there was one to end.
    @discardableResult
    func revoke(_ token: RefreshToken, now: Int64) async throws -> Bool {
        try await self.database.write { database in
            guard let found = try Self.find(token, in: database), found.record.familyEndedAt == nil else {
                return false
            }
            try Self.end(found.familyID, reason: "revoked", now: now, in: database)
            return true
        }
    }

    /// Every login of a user ends, but one.
    static func endAll(
        of user: Int64,
        except family: Int64?,
        reason: String,
        now: Int64,
        in database: GRDB.Database
    ) throws {
        try database.execute(
            sql: """
                UPDATE refresh_families SET ended_at = ?, end_reason = ?
                WHERE user_id = ? AND ended_at IS NULL AND id IS NOT ?
                """,
            arguments: [now, reason, user, family]
        )
    }

    /// Whether the login an access token belongs to goes on.
    static func isAlive(_ family: Int64, of user: Int64, now: Int64, in database: GRDB.Database) throws -> Bool {
        try Bool.fetchOne(
            database,
            sql: """
                SELECT EXISTS (
                    SELECT 1 FROM refresh_families WHERE id = ? AND user_id = ? AND ended_at IS NULL AND expires_at > ?
                )
                """,
            arguments: [family, user, now]
        ) ?? false
    }

    /// Deletes families that ended or expired more than a day before, and tokens nobody can use any more. A spent token
    /// stays as long as its own lifetime, since its reuse must be noticed. At most `limit` rows of each. Answers how many.
    func sweep(now: Int64, limit: Int = 1000) async throws -> Int {
        try await self.database.write { database in
            try database.execute(
                sql: """
                    DELETE FROM refresh_families WHERE id IN (
                        SELECT id FROM refresh_families WHERE expires_at < ? OR ended_at < ? LIMIT ?
                    )
                    """,
                arguments: [now, now - 86_400, limit]
            )
            let families = database.changesCount
            try database.execute(
                sql: """
                    DELETE FROM refresh_tokens WHERE hash IN (
                        SELECT hash FROM refresh_tokens WHERE expires_at < ? LIMIT ?
                    )
                    """,
                arguments: [now, limit]
            )
            return families + database.changesCount
        }
    }

    private struct Found {
        let familyID: Int64
        let userID: Int64
        let record: RefreshTokenFamily.Record
    }

    private static func find(_ token: RefreshToken, in database: GRDB.Database) throws -> Found? {
        let row = try Row.fetchOne(
            database,
            sql: """
                SELECT t.family_id, f.user_id, t.expires_at, f.expires_at, f.ended_at, t.used_at, t.successor_salt
                FROM refresh_tokens t JOIN refresh_families f ON f.id = t.family_id WHERE t.hash = ?
                """,
            arguments: [Data(token.hash)]
        )
        guard let row else { return nil }
        let salt: Data? = row[6]
        return Found(
            familyID: row[0],
            userID: row[1],
            record: RefreshTokenFamily.Record(
                expiresAt: row[2],
                familyExpiresAt: row[3],
                familyEndedAt: row[4],
                usedAt: row[5],
                successorSalt: salt.map { [UInt8]($0) }
            )
        )
    }

    private static func insert(
        _ token: RefreshToken,
        family: Int64,
        expiresAt: Int64,
        in database: GRDB.Database
    ) throws {
        try database.execute(
            sql: "INSERT INTO refresh_tokens (hash, family_id, expires_at) VALUES (?, ?, ?)",
            arguments: [Data(token.hash), family, expiresAt]
        )
    }

    private static func end(_ family: Int64, reason: String, now: Int64, in database: GRDB.Database) throws {
        try database.execute(
            sql: "UPDATE refresh_families SET ended_at = ?, end_reason = ? WHERE id = ? AND ended_at IS NULL",
            arguments: [now, reason, family]
        )
    }
}
