// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import ServiceKit
internal import Store

/// Everything that stands between a request and a password: counting per account and per address, then the hash, off the
/// loops. Whoever asks for a password asks here.
struct LoginGuard: Sendable {
    /// Seconds over which an address's failures are counted.
    static let addressWindow: Int64 = 900

    let users: UserRepository
    let throttles: ThrottleRepository
    let hasher: PasswordHasher
    let decoys: PasswordDecoys
    let account: Throttle
    let address: Throttle

    init(database: ServiceDatabase, hasher: PasswordHasher, decoys: PasswordDecoys, settings: UsersSettings) {
        self.users = UserRepository(database: database)
        self.throttles = ThrottleRepository(database: database)
        self.hasher = hasher
        self.decoys = decoys
        let lock = settings.lockTime.components.seconds
        self.account = Throttle(limit: Int64(settings.lockAfter), window: lock, lock: lock)
        let limit = Int64(settings.addressLimit)
        self.address = Throttle(limit: limit, window: Self.addressWindow, lock: Self.addressWindow)
    }

    /// The user whose password this is, with the hash that proved it: whoever acts on it checks in the same transaction that
    /// it is still the stored one (`UserRepository.require`), since the password may change meanwhile. Wrong password, unknown
    /// and disabled user: the same refusal for the same work.
    ///
    /// - Throws: `ProblemDetails`.
    func prove(
        _ username: String,
        _ password: String,
        _ request: Request,
        _ context: some RequestContext,
        now: Int64
    ) async throws -> UserRepository.Credentials {
        let address = ClientAddress.key(request.headers)
        try await self.admit(username, address, context, now)
        let found = Registration.isUsername(username) ? try await self.users.find(username: username) : nil
        guard try await self.verify(password, of: username, found?.password), let found, found.user.disabledAt == nil
        else { throw ProblemDetails.invalidCredentials }
        try await self.throttles.succeeded(account: username, address: address)
        guard self.hasher.isOutdated(found.password) else { return found }
        return try await self.improve(found, password, context)
    }

    /// Off the loops; 503 where too many wait.
    func hash(_ password: String) async throws -> String {
        do { return try await self.hasher.hash(password) } catch is PasswordHasher.Busy { throw ProblemDetails.busy }
    }

    private func verify(_ password: String, of username: String, _ stored: String?) async throws -> Bool {
        do {
            return try await self.hasher.verify(password, against: stored, decoy: self.decoys.decoy(for: username))
        } catch is PasswordHasher.Busy {
            throw ProblemDetails.busy
        }
    }

    private func admit(
        _ username: String,
        _ address: String?,
        _ context: some RequestContext,
        _ now: Int64
    ) async throws {
        var rules = [ThrottleRepository.Rule(subject: .account(username), throttle: self.account)]
        if let address { rules.append(.init(subject: .address(address), throttle: self.address)) }
        if case .refuse(let seconds) = try await self.throttles.admit(rules, now: now) {
            // Not the name: people type passwords into the field above.
            context.logger.notice("login throttled", metadata: ["seconds": "\(seconds)"])
            throw ProblemDetails.throttled(seconds)
        }
    }

    /// A login does not fail because the better hash has to wait for the next one.
    private func improve(
        _ found: UserRepository.Credentials,
        _ password: String,
        _ context: some RequestContext
    ) async throws -> UserRepository.Credentials {
        do {
            let better = try await self.hasher.hash(password)
            guard try await self.users.rehash(found, to: better) else { return found }  // and refused by `require`
            context.logger.info("password hashed anew", metadata: ["user.id": "\(found.user.id)"])
            return UserRepository.Credentials(user: found.user, password: better)
        } catch is PasswordHasher.Busy {
            context.logger.info("password not hashed anew: too many logins", metadata: ["user.id": "\(found.user.id)"])
            return found
        }
    }
}
