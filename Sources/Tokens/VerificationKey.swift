// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Crypto
internal import CryptoExtras
internal import FoundationEssentials

/// One key that may verify, with the algorithms its own kind and its JWK allow: never what a token says (RFC 8725 §3.1).
package struct VerificationKey: Sendable {
    enum Material: Sendable {
        case ed25519(Curve25519.Signing.PublicKey)
        case p256(P256.Signing.PublicKey)
        case p384(P384.Signing.PublicKey)
        case rsa(_RSA.Signing.PublicKey)
        case secret(SymmetricKey)
    }

    package let id: String?
    package let algorithms: Set<SignatureAlgorithm>
    let material: Material

    init(id: String?, material: Material, only algorithm: SignatureAlgorithm? = nil) {
        self.id = id
        self.material = material
        let allowed = Self.algorithms(for: material)
        self.algorithms = algorithm.map { allowed.intersection([$0]) } ?? allowed
    }

    /// Rule 14: a signature of another length than the algorithm's is refused before any arithmetic.
    func verifies(_ signature: [UInt8], over input: ArraySlice<UInt8>, by algorithm: SignatureAlgorithm) -> Bool {
        guard self.algorithms.contains(algorithm) else { return false }
        switch self.material {
        case .ed25519(let key):
            return signature.count == 64 && key.isValidSignature(signature, for: input)
        case .p256(let key):
            guard signature.count == 64, let parsed = try? P256.Signing.ECDSASignature(rawRepresentation: signature)
            else {
                return false  // the initialiser's error says no more than "not a signature"
            }
            return key.isValidSignature(parsed, for: SHA256.hash(data: input))
        case .p384(let key):
            guard signature.count == 96, let parsed = try? P384.Signing.ECDSASignature(rawRepresentation: signature)
            else {
                return false  // likewise
            }
            return key.isValidSignature(parsed, for: SHA384.hash(data: input))
        case .rsa(let key):
            guard signature.count == (key.keySizeInBits + 7) / 8 else { return false }
            return Self.verifies(
                _RSA.Signing.RSASignature(rawRepresentation: signature),
                over: input,
                by: algorithm,
                key
            )
        case .secret(let key):
            // Constant time: swift-crypto compares the whole code.
            return signature.count == 32
                && HMAC<SHA256>.isValidAuthenticationCode(signature, authenticating: input, using: key)
        }
    }

    private static func algorithms(for material: Material) -> Set<SignatureAlgorithm> {
        switch material {
        case .ed25519: [.edDSA]
        case .p256: [.es256]
        case .p384: [.es384]
        case .rsa: SignatureAlgorithm.rsa
        case .secret: [.hs256]
        }
    }

    /// PSS takes MGF1 with the same hash and a salt of the hash's length (RFC 7518 §3.5), which is what BoringSSL checks.
    private static func verifies(
        _ signature: _RSA.Signing.RSASignature,
        over input: ArraySlice<UInt8>,
        by algorithm: SignatureAlgorithm,
        _ key: _RSA.Signing.PublicKey
    ) -> Bool {
        switch algorithm {
        case .rs256: key.isValidSignature(signature, for: SHA256.hash(data: input), padding: .insecurePKCS1v1_5)
        case .rs384: key.isValidSignature(signature, for: SHA384.hash(data: input), padding: .insecurePKCS1v1_5)
        case .rs512: key.isValidSignature(signature, for: SHA512.hash(data: input), padding: .insecurePKCS1v1_5)
        case .ps256: key.isValidSignature(signature, for: SHA256.hash(data: input), padding: .PSS)
        case .ps384: key.isValidSignature(signature, for: SHA384.hash(data: input), padding: .PSS)
        case .ps512: key.isValidSignature(signature, for: SHA512.hash(data: input), padding: .PSS)
        case .edDSA, .es256, .es384, .hs256: false
        }
    }
}
