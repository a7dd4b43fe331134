// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Crypto
internal import CryptoExtras
internal import FoundationEssentials
internal import StrictJSON

/// Judges one JWK (RFC 7517), once, when its set is loaded.
enum JSONWebKey {
    typealias Skip = KeySet.SkipReason

    /// - Parameter secrets: whether `oct` keys count. Only for files an operator names on a command line: a fetched set
    ///   never holds a secret.
    static func judge(_ jwk: JSONValue, secrets: Bool) throws(Skip) -> VerificationKey {
        guard case .object = jwk else { throw .malformed }
        if let use = jwk["use"] {
            guard use.string == "sig" else { throw .use }
        }
        if let operations = jwk["key_ops"] {
            guard let names = operations.array else { throw .malformed }
            guard names.contains(.string("verify")) else { throw .use }
        }
        var id: String?
        if let kid = jwk["kid"] {
            guard let text = kid.string, text.utf8.count <= 256 else { throw .keyID }
            id = text
        }
        var only: SignatureAlgorithm?
        if let alg = jwk["alg"] {
            guard let name = alg.string, let algorithm = SignatureAlgorithm(rawValue: name) else { throw .algorithm }
            only = algorithm
        }
        let key = VerificationKey(id: id, material: try self.material(jwk, secrets: secrets), only: only)
        guard !key.algorithms.isEmpty else { throw .algorithm }
        return key
    }

    /// Private members have no business in a set: they are not used, and the operator is told.
    static func holdsPrivateMembers(_ jwk: JSONValue) -> Bool {
        ["d", "p", "q", "dp", "dq", "qi", "oth"].contains { jwk[$0] != nil }
    }

    private static func material(_ jwk: JSONValue, secrets: Bool) throws(Skip) -> VerificationKey.Material {
        switch jwk["kty"]?.string {
        case "OKP":
            guard jwk["crv"]?.string == "Ed25519" else { throw .unsupported }
            let x = try self.bytes(jwk, "x", count: 32)
            return .ed25519(try self.parsed { try Curve25519.Signing.PublicKey(rawRepresentation: x) })
        case "EC":
            return try self.point(jwk)
        case "RSA":
            return .rsa(try self.modulus(jwk))
        case "oct" where secrets:
            let k = try self.bytes(jwk, "k")
            guard k.count >= 32 else { throw .weak }
            return .secret(SymmetricKey(data: k))
        default:
            throw .unsupported
        }
    }

    /// The initialisers refuse a point that is not on the curve.
    private static func point(_ jwk: JSONValue) throws(Skip) -> VerificationKey.Material {
        switch jwk["crv"]?.string {
        case "P-256":
            let point = [0x04] + (try self.bytes(jwk, "x", count: 32)) + (try self.bytes(jwk, "y", count: 32))
            return .p256(try self.parsed { try P256.Signing.PublicKey(x963Representation: point) })
        case "P-384":
            let point = [0x04] + (try self.bytes(jwk, "x", count: 48)) + (try self.bytes(jwk, "y", count: 48))
            return .p384(try self.parsed { try P384.Signing.PublicKey(x963Representation: point) })
        default:
            throw .unsupported
        }
    }

    /// 2048–8192 bits, odd exponent ≥ 65537; no leading zero bytes (RFC 7518 §6.3.1.1, §2 Base64urlUInt).
    private static func modulus(_ jwk: JSONValue) throws(Skip) -> _RSA.Signing.PublicKey {
        let n = try self.bytes(jwk, "n")
        let e = try self.bytes(jwk, "e")
        guard let high = n.first, high != 0, let first = e.first, first != 0, e.count <= 4 else { throw .malformed }
        let exponent = e.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let bits = n.count * 8 - high.leadingZeroBitCount
        guard (2048...8192).contains(bits), exponent >= 65537, exponent % 2 == 1, n.last.map({ $0 % 2 == 1 }) == true
        else { throw .weak }
        return try self.parsed { try _RSA.Signing.PublicKey(n: n, e: e) }
    }

    private static func bytes(_ jwk: JSONValue, _ name: String, count: Int? = nil) throws(Skip) -> [UInt8] {
        guard let text = jwk[name]?.string, let bytes = Base64URL.decode(text.utf8), !bytes.isEmpty,
            count == nil || bytes.count == count
        else { throw .malformed }
        return bytes
    }

    private static func parsed<Key>(_ body: () throws -> Key) throws(Skip) -> Key {
        do { return try body() } catch { throw .malformed }
    }
}
