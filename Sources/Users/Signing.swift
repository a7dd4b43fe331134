// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Logging
internal import ServiceKit
internal import ServiceLifecycle
internal import Settings
internal import Store
internal import StrictJSON
internal import Tokens

/// With what this service signs, and how its own tokens are judged: keys of its own that take turns, or the secret it shares
/// with the gateway.
struct Signing: Sendable {
    private enum Means: Sendable {
        case ring(KeyRing)
        case secret(Secret)
    }

    let profile: IssuerProfile
    /// For the authority that judges our own tokens.
    let source: any KeySetSource
    private let means: Means
    private let settings: ServiceSettings

    init(
        settings: ServiceSettings,
        schedule: KeySchedule,
        database: ServiceDatabase,
        now: @escaping @Sendable () -> Int64,
        logger: Logger
    ) async throws {
        self.settings = settings
        if let secret = settings.secret {
            self.means = .secret(secret)
            self.source = NoKeySource()
            self.profile = IssuerProfile(
                iss: settings.issuer,
                audience: [settings.audience],
                source: .secret(secret)
            )
        } else {
            let ring = try await KeyRing(
                repository: SigningKeyRepository(database: database, directory: settings.data),
                schedule: schedule,
                now: now,
                logger: logger
            )
            self.means = .ring(ring)
            self.source = ring
            self.profile = IssuerProfile(
                iss: settings.issuer,
                audience: [settings.audience],
                source: .jwks("our own")
            )
        }
    }

    /// Of the key that signs at this moment.
    var issuer: TokenIssuer {
        switch self.means {
        case .ring(let ring):
            TokenIssuer(
                issuer: self.settings.issuer,
                audience: [self.settings.audience],
                key: ring.snapshot.signing
            )
        case .secret(let secret):
            TokenIssuer(issuer: self.settings.issuer, audience: [self.settings.audience], secret: secret)
        }
    }

    /// What verifiers may know; nothing where tokens are signed with a shared secret.
    var published: JSONValue {
        switch self.means {
        case .ring(let ring): SigningKey.jwks(ring.snapshot.published)
        case .secret: SigningKey.jwks([])
        }
    }

    var services: [any Service] {
        switch self.means {
        case .ring(let ring): [ring]
        case .secret: []
        }
    }
}

/// A secret is not fetched.
struct NoKeySource: KeySetSource {
    func fetch(_ url: String) async throws(KeySetFetchError) -> FetchedKeySet {
        throw KeySetFetchError(.unreachable, "the secret is configured")
    }
}
