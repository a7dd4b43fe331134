// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import StrictJSON

/// The strict JWS verifier (`docs/jwt.md`): a value. Profiles and key sets in, a `VerifiedToken` or one `TokenError` out;
/// no I/O, no clock, nothing learnt from a token.
///
/// Order of work: sizes, three parts, header, issuer, key, signature, claims. Before the signature holds, only `iss` is
/// read from the claims.
package struct TokenVerifier: Sendable {
    private struct Issuer: Sendable {
        let profile: IssuerProfile
        var keys: KeySet
    }

    private var issuers: [Issuer]
    private let byName: [[UInt8]: Int]
    /// The one profile with `iss: absent`.
    private let nameless: Int?
    package private(set) var generation: UInt64

    /// Where an issuer appears twice, the first one counts; `IssuerProfile.list` refuses that in settings.
    package init(profiles: [(IssuerProfile, KeySet)], generation: UInt64 = 0) {
        self.issuers = profiles.map { Issuer(profile: $0.0, keys: $0.1) }
        self.generation = generation
        var byName: [[UInt8]: Int] = [:]
        for (index, issuer) in self.issuers.enumerated() {
            guard let iss = issuer.profile.iss, byName[[UInt8](iss.utf8)] == nil else { continue }
            byName[[UInt8](iss.utf8)] = index
        }
        self.byName = byName
        self.nameless = self.issuers.firstIndex { $0.profile.iss == nil }
    }

    /// Every rule.
    ///
    /// - Parameter now: Unix seconds.
    package func verify(_ token: String, now: Int64) throws(TokenError) -> VerifiedToken {
        let jws = try CompactJWS(token)
        do throws(TokenError) {
            let algorithm = try jws.algorithm
            let claims = try jws.claims()
            let issuer = self.issuers[try self.issuer(named: claims)]
            let profile = issuer.profile
            try self.checkType(jws, profile)
            guard profile.algorithms.contains(algorithm) else { throw TokenError(.algorithmRefused) }
            let key = try issuer.keys.key(id: try jws.keyID, algorithms: profile.algorithms)
            guard key.algorithms.contains(algorithm) else { throw TokenError(.algorithmForKey) }
            guard key.verifies(jws.signature, over: jws.signingInput, by: algorithm) else {
                throw TokenError(.signature)
            }
            let rules = ClaimRules(profile: profile, claims: claims, now: now)
            let times = try rules.check()
            return VerifiedToken(
                subject: try rules.subject(),
                issuer: profile.iss,
                expiresAt: times.expiresAt,
                refusedFrom: times.expiresAt + profile.leeway.components.seconds,
                issuedAt: times.issuedAt,
                id: try rules.tokenID(),
                claims: claims,
                generation: self.generation,
                offeredKey: jws.offersKey
            )
        } catch {
            throw TokenError(error.reason, offeredKey: jws.offersKey)
        }
    }

    /// Which issuer and key a token names, without believing it: tells what to fetch when verification failed for want
    /// of a key.
    func wantedKey(_ token: String) throws(TokenError) -> (issuer: Int, keyID: String?) {
        let jws = try CompactJWS(token)
        return (try self.issuer(named: try jws.claims()), try jws.keyID)
    }

    mutating func replaceKeys(ofIssuer index: Int, with keys: KeySet) {
        self.issuers[index].keys = keys
        self.generation += 1
    }

    func keys(ofIssuer index: Int) -> KeySet { self.issuers[index].keys }

    /// Seconds from now until no token issued so far can be valid, whoever its issuer is.
    var longestLife: Int64 {
        self.issuers.map { $0.profile.maxLifetime.components.seconds + 2 * $0.profile.leeway.components.seconds }.max()
            ?? 0
    }

    /// Rule 9. A token that carries an `iss` never reaches the profile with `iss: absent`.
    private func issuer(named claims: JSONValue) throws(TokenError) -> Int {
        guard let value = claims["iss"] else {
            guard let nameless = self.nameless else { throw TokenError(.issuerMissing) }
            return nameless
        }
        guard let name = value.string else { throw TokenError(.issuerInvalid) }
        guard let index = self.byName[[UInt8](name.utf8)] else { throw TokenError(.issuerUnknown) }
        return index
    }

    private func checkType(_ jws: CompactJWS, _ profile: IssuerProfile) throws(TokenError) {
        guard let type = try jws.type else {
            guard profile.allowsNoType else { throw TokenError(.type) }
            return
        }
        guard profile.types.contains(where: { $0.isExactly(type) }) else { throw TokenError(.type) }
    }
}
