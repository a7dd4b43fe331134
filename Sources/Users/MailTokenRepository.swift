// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import GRDB
internal import Store

/// What links in mails carry: 256 random bits, known to the database by their SHA-256 alone, good for one use and for a
/// limited time.
enum MailTokenRepository {
    enum Purpose: String, Sendable {
        case verifyEmail = "verify-email"
        case resetPassword = "reset-password"
    }

    struct Owner: Sendable, Equatable {
        let userID: Int64
        let email: String
    }

    static func issue(
        to user: Int64,
        email: String,
        _ purpose: Purpose,
        expiresAt: Int64,
        in database: GRDB.Database
    ) throws -> RefreshToken {
        let token = RefreshToken.random()
        try database.execute(
            sql: "INSERT INTO mail_tokens (hash, user_id, purpose, email, expires_at) VALUES (?, ?, ?, ?, ?)",
            arguments: [Data(token.hash), user, purpose.rawValue, email, expiresAt]
        )
        return token
    }

    /// `nil` also where the account has another address by now.
    static func owner(
        of token: RefreshToken,
        _ purpose: Purpose,
        now: Int64,
        in database: GRDB.Database
    ) throws -> Owner? {
        try Row.fetchOne(
            database,
            sql: """
                SELECT t.user_id, t.email FROM mail_tokens t JOIN users u ON u.id = t.user_id AND u.email = t.email
                WHERE t.hash = ? AND t.purpose = ? AND t.expires_at > ?
                """,
            arguments: [Data(token.hash), purpose.rawValue, now]
        ).map { Owner(userID: $0[0], email: $0[1]) }
    }

    /// Also what other mails of that purpose said.
    static func drop(of user: Int64, _ purpose: Purpose, in database: GRDB.Database) throws {
        try database.execute(
            sql: "DELETE FROM mail_tokens WHERE user_id = ? AND purpose = ?",
            arguments: [user, purpose.rawValue]
        )
    }

    static func sweep(now: Int64, limit: Int, in database: GRDB.Database) throws -> Int {
        try database.execute(
            sql: """
                DELETE FROM mail_tokens WHERE hash IN (SELECT hash FROM mail_tokens WHERE expires_at <= ? LIMIT ?)
                """,
            arguments: [now, limit]
        )
        return database.changesCount
    }
}
