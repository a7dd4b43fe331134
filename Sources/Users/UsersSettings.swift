// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import ServiceKit
package import Settings
package import Tokens

/// What only the users service needs to know, beside `ServiceSettings`.
package struct UsersSettings: Sendable {
    /// `ACCESS_LIFETIME`: of access tokens, 5 to 15 minutes. Default 10 minutes.
    package var accessLifetime: Duration = .seconds(600)
    /// `REFRESH_LIFETIME`: of one refresh token that nobody uses, 1 to 60 days. Default 14 days.
    package var refreshLifetime: Duration = .seconds(14 * 86_400)
    /// `FAMILY_LIFETIME`: of a login, however often it is refreshed, 1 to 365 days. Default 90 days.
    package var familyLifetime: Duration = .seconds(90 * 86_400)
    /// `PASSWORD_SCRYPT_N`: memory and time of one hash, a power of two from 16384. Tests may go lower.
    package var scryptN = 16_384
    /// `PASSWORD_THREADS`: hashes computed at once, 1 to 64. Default 2.
    package var passwordThreads = 2
    /// `PASSWORD_QUEUE`: hashes running and waiting, 1 to 10000; beyond it logins are 503. Default 64.
    package var passwordQueue = 64
    /// `SIGNING_ALGORITHM`: ES256, EdDSA or RS256, of keys to come. Default ES256.
    package var algorithm: SigningKey.Algorithm = .es256
    /// `KEY_ROTATION`: how long a key signs, 1 to 365 days; 0: until `users-service keys rotate`. Default 90 days.
    package var keyRotation: Duration = .seconds(90 * 86_400)
    /// `LOCK_AFTER`: login attempts an account gets within `LOCK_TIME`, 3 to 100. Default 10.
    package var lockAfter = 10
    /// `LOCK_TIME`: how long an account is locked then, 1 minute to 24 hours. Default 15 minutes.
    package var lockTime: Duration = .seconds(900)
    /// `ADDRESS_LIMIT`: failed logins of one client address within 15 minutes, 10 to 10000. Default 100.
    package var addressLimit = 100
    /// Of links in mails.
    package var mailLifetimes = MailLifetimes()
    /// `nil`: as `MailSettings.init(issuer:)` has it.
    package var mail: MailSettings?

    package static let keys =
        [
            "ACCESS_LIFETIME", "REFRESH_LIFETIME", "FAMILY_LIFETIME", "PASSWORD_SCRYPT_N", "PASSWORD_THREADS",
            "PASSWORD_QUEUE", "SIGNING_ALGORITHM", "KEY_ROTATION", "LOCK_AFTER", "LOCK_TIME", "ADDRESS_LIMIT",
            "RESET_LIFETIME", "VERIFICATION_LIFETIME",
        ] + MailSettings.keys

    package init() {}

    /// - Parameter extra: as found by `ServiceSettings.load(… extraKeys: UsersSettings.keys)`.
    package init(extra: [String: String], issuer: String) throws(SettingsError) {
        if let node = try ServiceSettings.node("ACCESS_LIFETIME", extra) {
            self.accessLifetime = try node.duration(in: .seconds(300) ... .seconds(900))
        }
        if let node = try ServiceSettings.node("REFRESH_LIFETIME", extra) {
            self.refreshLifetime = try node.duration(in: .seconds(86_400) ... .seconds(60 * 86_400))
        }
        if let node = try ServiceSettings.node("FAMILY_LIFETIME", extra) {
            self.familyLifetime = try node.duration(in: .seconds(86_400) ... .seconds(365 * 86_400))
        }
        if let node = try ServiceSettings.node("PASSWORD_SCRYPT_N", extra) {
            self.scryptN = try node.int(in: 16_384...1_048_576)
            guard self.scryptN.nonzeroBitCount == 1 else {
                throw node.error("not a power of two", advice: "16384, 32768, 65536 …")
            }
        }
        if let node = try ServiceSettings.node("SIGNING_ALGORITHM", extra) {
            self.algorithm = try node.choice(SigningKey.Algorithm.self)
        }
        try self.readLimits(extra)
        self.mail = try MailSettings(extra: extra, issuer: issuer)
    }

    private mutating func readLimits(_ extra: [String: String]) throws(SettingsError) {
        if let node = try ServiceSettings.node("PASSWORD_THREADS", extra) {
            self.passwordThreads = try node.int(in: 1...64)
        }
        if let node = try ServiceSettings.node("PASSWORD_QUEUE", extra) {
            self.passwordQueue = try node.int(in: 1...10_000)
        }
        if let node = try ServiceSettings.node("KEY_ROTATION", extra) {
            self.keyRotation = try node.duration(in: .zero ... .seconds(365 * 86_400))
            guard self.keyRotation == .zero || self.keyRotation >= .seconds(86_400) else {
                throw node.error("shorter than a day", advice: "1d to 365d, or 0 for never by itself")
            }
        }
        if let node = try ServiceSettings.node("LOCK_AFTER", extra) { self.lockAfter = try node.int(in: 3...100) }
        if let node = try ServiceSettings.node("LOCK_TIME", extra) {
            self.lockTime = try node.duration(in: .seconds(60) ... .seconds(86_400))
        }
        if let node = try ServiceSettings.node("ADDRESS_LIMIT", extra) {
            self.addressLimit = try node.int(in: 10...10_000)
        }
        if let node = try ServiceSettings.node("RESET_LIFETIME", extra) {
            self.mailLifetimes.reset = try node.duration(in: .seconds(600) ... .seconds(86_400))
        }
        if let node = try ServiceSettings.node("VERIFICATION_LIFETIME", extra) {
            self.mailLifetimes.verification = try node.duration(in: .seconds(3600) ... .seconds(30 * 86_400))
        }
    }
}
