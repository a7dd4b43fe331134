// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import GRDB
package import ServiceKit
internal import Settings
internal import Store
internal import Tokens

/// What an operator does to the users service's data, beside a running service or without one. Whoever may write its
/// directory may do it: there is no other check.
package struct UsersConsole: Sendable {
    /// Says what to do.
    package struct Refusal: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String
    }

    package struct Key: Sendable, Equatable {
        package let kid: String
        package let algorithm: String
        package let isSigning: Bool
        /// Unix seconds.
        package let signsFrom: Int64
    }

    private let database: ServiceDatabase
    private let keys: SigningKeyRepository
    private let own: UsersSettings
    private let usesSecret: Bool
    /// Unix seconds.
    private let now: @Sendable () -> Int64

    package init(
        settings: ServiceSettings,
        now: @escaping @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970) }
    ) throws {
        self.own = try UsersSettings(extra: settings.extra, issuer: settings.issuer)
        self.database = try ServiceDatabase.open(path: settings.databasePath, migrations: UsersApp.migrations)
        self.keys = SigningKeyRepository(database: self.database, directory: settings.data)
        self.usesSecret = settings.secret != nil
        self.now = now
    }

    package var djangoImport: DjangoImport { DjangoImport(database: self.database) }

    /// In the order of their lives.
    package func listKeys() async throws -> [Key] {
        let all = try await self.keys.all()
        let plan = self.schedule.plan(all, now: self.now())
        return all.sorted { ($0.signsFrom, $0.createdAt, $0.kid) < ($1.signsFrom, $1.createdAt, $1.kid) }
            .map { self.line($0, signing: plan.signing) }
    }

    /// A new key, published by a running service within ten seconds. It signs an hour later, when every verifier has had
    /// time to fetch it, or at once, for a key that has leaked.
    package func rotate(atOnce: Bool) async throws -> Key {
        guard !self.usesSecret else {
            throw Refusal(description: "tokens are signed with JWT_SECRET: change it here and at the gateway instead")
        }
        let now = self.now()
        try await self.keys.adopt(now: now)
        let start = atOnce ? now : now + KeySchedule.lead
        guard let made = try await self.keys.create(self.own.algorithm, signsFrom: start, now: now) else {
            throw Refusal(description: "no key was made")
        }
        return self.line(made, signing: atOnce ? made.kid : nil)
    }

    /// No token of that key verifies after the next fetch of the key set.
    package func drop(_ kid: String) async throws {
        let all = try await self.keys.all()
        guard all.contains(where: { $0.kid == kid }) else {
            throw Refusal(description: "no key \(kid); see: users-service keys list")
        }
        let now = self.now()
        guard all.contains(where: { $0.kid != kid && $0.signsFrom <= now }) else {
            throw Refusal(description: "no other key signs yet; first run: users-service keys rotate --now")
        }
        try await self.keys.drop(kid)
    }

    /// Disabling ends every login: nothing is refreshed any more, and sessions end with the access token they hold. To end
    /// them at once, ban the user at the gateway too.
    package func setDisabled(_ disabled: Bool, username: String) async throws {
        let now = self.now()
        try await self.change(username) { id, database in
            try UserRepository.setDisabled(disabled, id: id, now: now, in: database)
        }
    }

    package func setRoles(_ roles: [String], username: String) async throws {
        for role in roles where !(1...64).contains(role.utf8.count) || !Registration.isUsername(role) {
            throw Refusal(description: "a role has 1 to 64 letters, digits and _ . @ + -")
        }
        guard roles.count <= 16 else { throw Refusal(description: "a user has at most 16 roles") }
        try await self.change(username) { id, database in
            try UserRepository.setRoles(roles, of: id, in: database)
        }
    }

    /// Forgets failed logins.
    package func unlock(username: String) async throws {
        try await self.change(username) { _, database in
            try ThrottleRepository.clear(.account(username), in: database)
        }
    }

    private var schedule: KeySchedule {
        KeySchedule(interval: self.own.keyRotation.components.seconds, algorithm: self.own.algorithm)
    }

    private func line(_ key: KeySchedule.Key, signing: String?) -> Key {
        Key(
            kid: key.kid,
            algorithm: key.algorithm.rawValue,
            isSigning: key.kid == signing,
            signsFrom: key.signsFrom
        )
    }

    private func change(
        _ username: String,
        _ body: @escaping @Sendable (Int64, GRDB.Database) throws -> Void
    ) async throws {
        try await self.database.write { database in
            guard let id = try UserRepository.id(of: username, in: database) else {
                throw Refusal(description: "no user is called \(username)")
            }
            try body(id, database)
        }
    }
}
