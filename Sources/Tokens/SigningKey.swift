// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Crypto
internal import CryptoExtras
internal import Foundation
package import StrictJSON

/// A private key that signs tokens. Its `kid` is its RFC 7638 thumbprint, so the same key has the same name everywhere.
package struct SigningKey: Sendable {
    package enum Algorithm: String, Sendable, CaseIterable {
        case edDSA = "EdDSA"
        case es256 = "ES256"
        case rs256 = "RS256"
    }

    /// What is wrong with key material that was to be loaded; never the material.
    package struct LoadError: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String
    }

    private enum Material: Sendable {
        case ed25519(Curve25519.Signing.PrivateKey)
        case p256(P256.Signing.PrivateKey)
        case rsa(_RSA.Signing.PrivateKey)
    }

    package let algorithm: Algorithm
    package let kid: String
    /// `kty`, the public members, `use`, `alg`, `kid`.
    package let publicJWK: JSONValue
    private let material: Material

    private init(_ material: Material) throws {
        self.material = material
        let members: [JSONValue.Member]
        switch material {
        case .ed25519(let key):
            self.algorithm = .edDSA
            members = Self.members([
                ("crv", "Ed25519"), ("kty", "OKP"), ("x", Base64URL.encode(key.publicKey.rawRepresentation)),
            ])
        case .p256(let key):
            self.algorithm = .es256
            let point = key.publicKey.rawRepresentation
            members = Self.members([
                ("crv", "P-256"), ("kty", "EC"), ("x", Base64URL.encode(point.prefix(32))),
                ("y", Base64URL.encode(point.suffix(32))),
            ])
        case .rsa(let key):
            self.algorithm = .rs256
            let numbers = try key.publicKey.getKeyPrimitives()
            members = Self.members([
                ("e", Base64URL.encode(numbers.publicExponent)), ("kty", "RSA"),
                ("n", Base64URL.encode(numbers.modulus)),
            ])
        }
        // RFC 7638 §3: the required members alone, in the order of their names, without white space.
        let kid = Base64URL.encode(SHA256.hash(data: JSONValue.object(members).encoded()))
        self.kid = kid
        self.publicJWK = .object(
            members + Self.members([("use", "sig"), ("alg", self.algorithm.rawValue), ("kid", kid)])
        )
    }

    /// RSA keys have 2048 bits and take up to a second.
    package static func generate(_ algorithm: Algorithm) throws -> SigningKey {
        switch algorithm {
        case .edDSA: try SigningKey(.ed25519(Curve25519.Signing.PrivateKey()))
        case .es256: try SigningKey(.p256(P256.Signing.PrivateKey()))
        case .rs256: try SigningKey(.rsa(_RSA.Signing.PrivateKey(keySize: .bits2048)))
        }
    }

    /// A PEM private key: PKCS #8, and SEC 1 or PKCS #1 where BoringSSL takes them.
    package init(pem: String) throws {
        // Each initialiser refuses the others' object identifiers, so an error only means "not this kind".
        if let key = try? Curve25519.Signing.PrivateKey(pemRepresentation: pem) {
            try self.init(.ed25519(key))
        } else if let key = try? P256.Signing.PrivateKey(pemRepresentation: pem) {
            try self.init(.p256(key))
        } else if let key = try? _RSA.Signing.PrivateKey(pemRepresentation: pem), key.keySizeInBits <= 8192 {
            try self.init(.rsa(key))
        } else {
            throw LoadError(description: "not a PEM private key of Ed25519, P-256 or RSA (2048 bits or more)")
        }
    }

    /// The 32 bytes of an Ed25519 seed or a P-256 scalar.
    package init(raw: [UInt8], algorithm: Algorithm) throws {
        switch algorithm {
        case .edDSA: try self.init(.ed25519(Curve25519.Signing.PrivateKey(rawRepresentation: raw)))
        case .es256: try self.init(.p256(P256.Signing.PrivateKey(rawRepresentation: raw)))
        case .rs256: throw LoadError(description: "an RSA key has no raw form; use PEM")
        }
    }

    package var pem: String {
        switch self.material {
        case .ed25519(let key): key.pemRepresentation
        case .p256(let key): key.pemRepresentation
        case .rsa(let key): key.pkcs8PEMRepresentation
        }
    }

    /// What `/.well-known/jwks.json` answers.
    package static func jwks(_ keys: [SigningKey]) -> JSONValue {
        ["keys": .array(keys.map(\.publicJWK))]
    }

    func signature(over input: [UInt8]) throws -> [UInt8] {
        switch self.material {
        case .ed25519(let key): try [UInt8](key.signature(for: input))
        case .p256(let key): try [UInt8](key.signature(for: SHA256.hash(data: input)).rawRepresentation)
        case .rsa(let key):
            try [UInt8](key.signature(for: SHA256.hash(data: input), padding: .insecurePKCS1v1_5).rawRepresentation)
        }
    }

    private static func members(_ pairs: [(String, String)]) -> [JSONValue.Member] {
        pairs.map { JSONValue.Member(name: $0.0, value: .string($0.1)) }
    }
}
