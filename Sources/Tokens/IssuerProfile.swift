// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Settings
package import StrictJSON

/// What one issuer's tokens must look like: the configured half of every verdict. Immutable.
package struct IssuerProfile: Sendable {
    /// Where the keys come from.
    package enum Source: Sendable {
        /// The URL of a JWK set, fetched and kept fresh by `TokenAuthority`.
        case jwks(String)
        /// HS256, and nothing else.
        case secret(Secret)
        /// Keys read from a file at start.
        case keys(KeySet)
    }

    /// Exact. `nil` means `absent`: the issuer writes no `iss`.
    package var iss: String?
    /// One of these must be among the token's. Empty means `absent`: the issuer writes no `aud`, and one that appears is refused.
    package var audience: [String]
    package var source: Source
    package var algorithms: Set<SignatureAlgorithm>
    /// Lower case, without `application/`.
    package var types: [String]
    /// Whether a header without `typ` will do (`absent` in the list).
    package var allowsNoType = false
    /// The first one present is the subject.
    package var subjectClaims = ["sub"]
    /// Claims that must have exactly this value.
    package var require: [JSONValue.Member] = []
    /// Tolerance for clocks that differ, both ways. Whole seconds; default 30 s.
    package var leeway: Duration = .seconds(30)
    /// Longest `exp − iat` accepted. Whole seconds; default 24 h.
    package var maxLifetime: Duration = .seconds(86_400)

    /// - Parameter algorithms: default: HS256 for a secret, all others for public keys.
    package init(
        iss: String?,
        audience: [String],
        source: Source,
        algorithms: Set<SignatureAlgorithm>? = nil,
        types: [String] = ["at+jwt", "JWT"]
    ) {
        self.iss = iss
        self.audience = audience
        self.source = source
        if case .secret = source {
            self.algorithms = [.hs256]
        } else {
            self.algorithms = algorithms ?? SignatureAlgorithm.asymmetric
        }
        self.types = types.map(CompactJWS.normalisedType)
    }

    /// `nil` where the keys are fetched.
    package var fixedKeys: KeySet? {
        switch self.source {
        case .jwks: nil
        case .secret(let secret): KeySet(secret: secret)
        case .keys(let keys): keys
        }
    }

    package var jwksURL: String? {
        if case .jwks(let url) = self.source { url } else { nil }
    }

    /// For logs: the issuer's name, or that it has none.
    package var label: String { self.iss ?? "absent" }
}
