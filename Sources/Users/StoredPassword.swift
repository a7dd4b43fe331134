// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// A password hash as the users table holds it, in any of the formats that Django writes. New ones are scrypt; the others
/// come with imported users and are replaced at their next login.
enum StoredPassword: Sendable, Equatable {
    case derived(EncodedPassword)
    case bcrypt(BcryptPassword)
    case argon2(Argon2Password)

    /// `nil` for what cannot be verified here: another format, or parameters that would cost more than a login may.
    init?(_ text: String) {
        switch Kind(text) {
        case .scrypt, .pbkdf2:
            guard let encoded = EncodedPassword(text) else { return nil }
            self = .derived(encoded)
        case .bcrypt, .bcryptSHA256:
            guard let encoded = BcryptPassword(text) else { return nil }
            self = .bcrypt(encoded)
        case .argon2:
            guard let encoded = Argon2Password(text) else { return nil }
            self = .argon2(encoded)
        case .unusable, nil:
            return nil
        }
    }

    /// Slow on purpose: never on an event loop.
    func matches(_ password: [UInt8]) throws -> Bool {
        switch self {
        case .derived(let encoded):
            encoded.matches(try EncodedPassword.derive(password, encoded.parameters, salt: encoded.salt))
        case .bcrypt(let encoded): encoded.matches(password)
        case .argon2(let encoded): encoded.matches(password)
        }
    }

    /// Two hashes of one cost class take the same time, whatever they are hashes of.
    var costClass: String {
        switch self {
        case .derived(let encoded): "\(encoded.parameters)"
        case .bcrypt(let encoded): "bcrypt \(encoded.cost)"
        case .argon2(let encoded): "argon2 \(encoded.cost)"
        }
    }

    /// Of what a hash claims to be.
    enum Kind: String, Sendable, CaseIterable {
        case scrypt
        case pbkdf2 = "pbkdf2_sha256"
        case bcrypt
        case bcryptSHA256 = "bcrypt_sha256"
        case argon2
        /// Django's mark for "has no password, may not log in with one".
        case unusable = "!"

        init?(_ text: String) {
            guard !text.hasPrefix("!") else {
                self = .unusable
                return
            }
            self.init(rawValue: String(text.prefix { $0 != "$" }))
        }
    }
}
