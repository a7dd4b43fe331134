// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import StrictJSON

/// What a signature covers, without any rule about claims: for `gatecast token verify --signature-only` and for comparing
/// with published test vectors. Never serves a request.
package struct SignedContent: Sendable, Hashable {
    package let header: JSONValue
    package let payload: [UInt8]

    /// The payload where it is one strict JSON object.
    package func claims() throws(TokenError) -> JSONValue { try CompactJWS.object(self.payload, else: .claimsJSON) }
}

extension TokenVerifier {
    /// Rules 1 to 7 and 14, with the keys given: no issuer, no `typ`, no claims; the payload need not be JSON.
    package static func verifySignatureOnly(
        _ token: String,
        keys: KeySet,
        algorithms: Set<SignatureAlgorithm> = Set(SignatureAlgorithm.allCases)
    ) throws(TokenError) -> SignedContent {
        let jws = try CompactJWS(token)
        let algorithm = try jws.algorithm
        guard algorithms.contains(algorithm) else { throw TokenError(.algorithmRefused) }
        let key = try keys.key(id: try jws.keyID, algorithms: algorithms)
        guard key.algorithms.contains(algorithm) else { throw TokenError(.algorithmForKey) }
        guard key.verifies(jws.signature, over: jws.signingInput, by: algorithm) else { throw TokenError(.signature) }
        return SignedContent(header: jws.header, payload: jws.payload)
    }
}
