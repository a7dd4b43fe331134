// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import StrictJSON

/// What a token that passed every rule says. `TokenVerifier` makes them; the initialiser is open for fakes in tests.
package struct VerifiedToken: Sendable, Hashable {
    package let subject: String
    /// `nil` only under a profile with `iss: absent`.
    package let issuer: String?
    /// Unix seconds, as in `exp`.
    package let expiresAt: Int64
    /// Unix seconds: `exp` plus the issuer's leeway. From this second on the token is refused.
    package let refusedFrom: Int64
    package let issuedAt: Int64?
    /// `jti`.
    package let id: String?
    /// All claims, an object.
    package let claims: JSONValue
    /// Of the key sets that verified it.
    package let generation: UInt64
    /// The header named a key of its own (`jwk`, `jku`, `x5u`, `x5c`), which nobody looked at.
    package let offeredKey: Bool

    package init(
        subject: String,
        issuer: String?,
        expiresAt: Int64,
        refusedFrom: Int64? = nil,
        issuedAt: Int64? = nil,
        id: String? = nil,
        claims: JSONValue = .object([]),
        generation: UInt64 = 0,
        offeredKey: Bool = false
    ) {
        self.subject = subject
        self.issuer = issuer
        self.expiresAt = expiresAt
        self.refusedFrom = refusedFrom ?? expiresAt
        self.issuedAt = issuedAt
        self.id = id
        self.claims = claims
        self.generation = generation
        self.offeredKey = offeredKey
    }
}
