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
    /// `SIGNING_ALGORITHM`: ES256 or EdDSA, of a key that has to be made. Default ES256.
    package var algorithm: SigningKey.Algorithm = .es256

    package static let keys = [
        "ACCESS_LIFETIME", "REFRESH_LIFETIME", "FAMILY_LIFETIME", "PASSWORD_SCRYPT_N", "SIGNING_ALGORITHM",
    ]

    package init() {}

    /// - Parameter extra: as found by `ServiceSettings.load(… extraKeys: UsersSettings.keys)`.
    package init(extra: [String: String]) throws(SettingsError) {
        if let node = try Self.node("ACCESS_LIFETIME", extra) {
            self.accessLifetime = try node.duration(in: .seconds(300) ... .seconds(900))
        }
        if let node = try Self.node("REFRESH_LIFETIME", extra) {
            self.refreshLifetime = try node.duration(in: .seconds(86_400) ... .seconds(60 * 86_400))
        }
        if let node = try Self.node("FAMILY_LIFETIME", extra) {
            self.familyLifetime = try node.duration(in: .seconds(86_400) ... .seconds(365 * 86_400))
        }
        if let node = try Self.node("PASSWORD_SCRYPT_N", extra) {
            self.scryptN = try node.int(in: 16_384...1_048_576)
            guard self.scryptN.nonzeroBitCount == 1 else {
                throw node.error("not a power of two", advice: "16384, 32768, 65536 …")
            }
        }
        if let node = try Self.node("SIGNING_ALGORITHM", extra) {
            let algorithm = try node.choice(SigningKey.Algorithm.self)
            guard algorithm != .rs256 else { throw node.error("RSA keys are not made here", advice: "ES256 or EdDSA") }
            self.algorithm = algorithm
        }
    }

    /// The settings' own reader, so that units and messages are the same as in any file.
    private static func node(_ key: String, _ extra: [String: String]) throws(SettingsError) -> SettingsNode? {
        guard let text = extra[key] else { return nil }
        guard text.utf8.allSatisfy({ ($0 >= 0x30 && $0 <= 0x39) || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) }) else {
            throw SettingsError(file: "environment", path: key, message: "only letters and digits belong here")
        }
        var map = try SettingsNode.parse("\(key): \(text)", file: "environment", environment: [:]).map()
        return map.take(key)
    }
}
