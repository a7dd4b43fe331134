// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ServiceKit
internal import Settings
internal import StrictJSON
internal import Tokens

/// With what this service signs, and how its own tokens are judged: an asymmetric key of its own, made on first start, or
/// the secret it shares with the gateway.
struct Signing: Sendable {
    let issuer: TokenIssuer
    let profile: IssuerProfile
    /// Published.
    let keys: [SigningKey]

    init(settings: ServiceSettings, algorithm: SigningKey.Algorithm) throws {
        if let secret = settings.secret {
            self.keys = []
            self.issuer = TokenIssuer(issuer: settings.issuer, audience: [settings.audience], secret: secret)
            self.profile = IssuerProfile(iss: settings.issuer, audience: [settings.audience], source: .secret(secret))
        } else {
            let key = try SigningKey.loadOrCreate(path: Self.keyPath(settings), algorithm: algorithm)
            self.keys = [key]
            self.issuer = TokenIssuer(issuer: settings.issuer, audience: [settings.audience], key: key)
            let published = try KeySet(jwks: SigningKey.jwks([key]).encoded())
            self.profile = IssuerProfile(
                iss: settings.issuer,
                audience: [settings.audience],
                source: .keys(published)
            )
        }
    }

    static func keyPath(_ settings: ServiceSettings) -> String { "\(settings.data)/users-signing-key.pem" }
}
