// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// The signature algorithms that exist here (RFC 7518 §3, RFC 8037). `none` and all others are not cases, so no rule
/// can forget to refuse them.
package enum SignatureAlgorithm: String, Sendable, Hashable, CaseIterable {
    case edDSA = "EdDSA"
    case es256 = "ES256"
    case es384 = "ES384"
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case ps256 = "PS256"
    case ps384 = "PS384"
    case ps512 = "PS512"
    case hs256 = "HS256"

    /// What an issuer with public keys may use when its profile names nothing.
    package static let asymmetric = Set(Self.allCases).subtracting([.hs256])

    static let rsa: Set<Self> = [.rs256, .rs384, .rs512, .ps256, .ps384, .ps512]
}
