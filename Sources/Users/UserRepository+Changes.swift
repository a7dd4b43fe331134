// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import GRDB
internal import Store
internal import StrictJSON

/// What users and administrators change in an account. Each is one transaction.
extension UserRepository {
    /// A new password, and every login but `keeping` (a refresh family) ends.
    static func changePassword(
        of id: Int64,
        to new: String,
        keeping family: Int64?,
        now: Int64,
        in database: GRDB.Database
    ) throws {
        try database.execute(
            sql: "UPDATE users SET password = ?, password_changed_at = ? WHERE id = ?",
            arguments: [new, now, id]
        )
        try RefreshTokenRepository.endAll(
            of: id,
            except: family,
            reason: "password changed",
            now: now,
            in: database
        )
        // Links that were on their way belong to the old password.
        try MailTokenRepository.drop(of: id, .resetPassword, in: database)
    }

    /// A new address is unverified until its owner says otherwise.
    static func setEmail(_ email: String?, of id: Int64, in database: GRDB.Database) throws {
        try database.execute(
            sql: "UPDATE users SET email = ?, email_verified_at = NULL WHERE id = ?",
            arguments: [email, id]
        )
        try MailTokenRepository.drop(of: id, .verifyEmail, in: database)
        try MailTokenRepository.drop(of: id, .resetPassword, in: database)
    }

    /// False: the user has another address by now, or somebody else has proved to own this one.
    static func verifyEmail(_ email: String, of id: Int64, now: Int64, in database: GRDB.Database) throws -> Bool {
        try database.execute(
            sql: """
                UPDATE users SET email_verified_at = coalesce(email_verified_at, ?) WHERE id = ? AND email = ?
                AND NOT EXISTS (SELECT 1 FROM users u WHERE u.email = ? AND u.id != ? AND u.email_verified_at IS NOT NULL)
                """,
            arguments: [now, id, email, email, id]
        )
        return database.changesCount == 1
    }

    static func setProfile(_ profile: JSONValue, of id: Int64, in database: GRDB.Database) throws {
        try database.execute(
            sql: "UPDATE users SET profile = ? WHERE id = ?",
            arguments: [String(decoding: profile.encoded(), as: UTF8.self), id]
        )
    }

    static func setRoles(_ roles: [String], of id: Int64, in database: GRDB.Database) throws {
        let text = JSONValue.array(roles.map { .string($0) }).encoded()
        try database.execute(
            sql: "UPDATE users SET roles = ? WHERE id = ?",
            arguments: [String(decoding: text, as: UTF8.self), id]
        )
    }

    /// Disabling ends every login too.
    static func setDisabled(_ disabled: Bool, id: Int64, now: Int64, in database: GRDB.Database) throws {
        try database.execute(
            sql: "UPDATE users SET disabled_at = ? WHERE id = ?",
            arguments: [disabled ? now : nil, id]
        )
        if disabled {
            try RefreshTokenRepository.endAll(of: id, except: nil, reason: "disabled", now: now, in: database)
        }
    }

    /// `nil`: no such user, the command says so.
    static func id(of username: String, in database: GRDB.Database) throws -> Int64? {
        try Int64.fetchOne(database, sql: "SELECT id FROM users WHERE username = ?", arguments: [username])
    }

    /// Families and links go with the user.
    static func delete(id: Int64, in database: GRDB.Database) throws {
        try database.execute(sql: "DELETE FROM users WHERE id = ?", arguments: [id])
    }

    /// Who may reset a password by this address: its proven owner, else everyone who named it, five at most.
    static func resettable(email: String, in database: GRDB.Database) throws -> [User] {
        let users = try Self.credentials("email = ? AND disabled_at IS NULL", [email], in: database).map(\.user)
        if let owner = users.first(where: { $0.emailVerifiedAt != nil }) { return [owner] }
        return Array(users.prefix(5))
    }
}
