// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Crypto
import CryptoExtras
import Foundation
import StrictJSON
import Testing

@testable import Tokens

@Suite("Key sets")
struct KeySetTests {
    private func judge(_ jwk: JSONValue, secrets: Bool = false) throws -> KeySet {
        try KeySet(
            jwks: JSONValue.object([.init(name: "keys", value: .array([jwk]))]).encoded(),
            allowingSecrets: secrets
        )
    }

    private func changed(_ jwk: JSONValue, _ name: String, _ value: JSONValue?) -> JSONValue {
        var members = (jwk.members ?? []).filter { $0.name != name }
        if let value { members.append(.init(name: name, value: value)) }
        return .object(members)
    }

    private func rsa(bits: Int, e: String = "AQAB") -> JSONValue {
        var n = [UInt8](repeating: 0xFF, count: (bits + 7) / 8)
        if bits % 8 != 0 { n[0] = UInt8(1 << (bits % 8)) - 1 }
        return ["kty": "RSA", "n": .string(Base64URL.encode(n)), "e": .string(e)]
    }

    @Test("A key serves only for verifying, with what its kind allows")
    func use() throws {
        let jwk = try SigningKey.generate(.es256).publicJWK
        #expect(try self.judge(jwk).keys.map(\.algorithms) == [[.es256]])
        #expect(try self.judge(self.changed(jwk, "use", nil)).keys.count == 1)
        #expect(try self.judge(self.changed(jwk, "use", "enc")).skipped == [.use])
        #expect(try self.judge(self.changed(jwk, "key_ops", ["verify"])).keys.count == 1)
        #expect(try self.judge(self.changed(jwk, "key_ops", ["sign"])).skipped == [.use])
        #expect(try self.judge(self.changed(jwk, "key_ops", "verify")).skipped == [.malformed])
        #expect(try self.judge(self.changed(jwk, "alg", "ES384")).skipped == [.algorithm])
        #expect(try self.judge(self.changed(jwk, "alg", "XX")).skipped == [.algorithm])
        #expect(try self.judge(self.changed(jwk, "kid", 1)).skipped == [.keyID])
        #expect(try self.judge(self.changed(jwk, "crv", "secp256k1")).skipped == [.unsupported])
        #expect(try self.judge(self.changed(jwk, "kty", "XX")).skipped == [.unsupported])
        #expect(try self.judge(1).skipped == [.malformed])
    }

    @Test("Points off the curve, short and padded coordinates are malformed")
    func points() throws {
        let jwk = try SigningKey.generate(.es256).publicJWK
        #expect(try self.judge(self.changed(jwk, "y", jwk["x"])).skipped == [.malformed])
        #expect(try self.judge(self.changed(jwk, "x", "AAAA")).skipped == [.malformed])
        let x = try #require(jwk["x"]?.string)
        #expect(try self.judge(self.changed(jwk, "x", .string(x + "="))).skipped == [.malformed])
        let okp = try SigningKey.generate(.edDSA).publicJWK
        #expect(try self.judge(self.changed(okp, "crv", "X25519")).skipped == [.unsupported])
        #expect(try self.judge(self.changed(okp, "x", "AAAA")).skipped == [.malformed])
    }

    @Test("RSA: 2048 to 8192 bits, odd exponent of at least 65537")
    func rsaBounds() throws {
        #expect(try self.judge(self.rsa(bits: 2048)).keys.map(\.algorithms) == [SignatureAlgorithm.rsa])
        #expect(try self.judge(self.rsa(bits: 2047)).skipped == [.weak])
        #expect(try self.judge(self.rsa(bits: 8192)).keys.count == 1)
        #expect(try self.judge(self.rsa(bits: 8193)).skipped == [.weak])
        #expect(try self.judge(self.rsa(bits: 2048, e: "Aw")).skipped == [.weak])
        #expect(try self.judge(self.rsa(bits: 2048, e: "AQAA")).skipped == [.weak])
        #expect(try self.judge(self.rsa(bits: 2048, e: "AAEAAQ")).skipped == [.malformed])
    }

    @Test("A fetched set holds no secrets; a file of the operator's may, from 32 bytes")
    func secrets() throws {
        let long: JSONValue = ["kty": "oct", "k": .string(Base64URL.encode(Array(repeating: 7, count: 32)))]
        let short: JSONValue = ["kty": "oct", "k": .string(Base64URL.encode(Array(repeating: 7, count: 31)))]
        #expect(try self.judge(long).skipped == [.unsupported])
        #expect(try self.judge(long, secrets: true).keys.map(\.algorithms) == [[.hs256]])
        #expect(try self.judge(short, secrets: true).skipped == [.weak])
    }

    @Test("Of two usable keys with one kid neither serves; others do, and bad ones do no harm")
    func duplicates() throws {
        let (a, b, c) = try (SigningKey.generate(.es256), SigningKey.generate(.es256), SigningKey.generate(.edDSA))
        let keys: JSONValue = [
            "keys": [
                self.changed(a.publicJWK, "kid", "same"), self.changed(b.publicJWK, "kid", "same"), c.publicJWK,
                ["kty": "RSA"], self.changed(c.publicJWK, "use", "enc"),
            ]
        ]
        let set = try KeySet(jwks: keys.encoded())
        #expect(set.keys.map(\.id) == [c.kid])
        #expect(set.skipped.sorted { $0.rawValue < $1.rawValue } == [.duplicate, .duplicate, .malformed, .use])
    }

    @Test("Published private members are an alarm, and not used")
    func privateMembers() throws {
        let jwk = try SigningKey.generate(.edDSA).publicJWK
        let set = try self.judge(self.changed(jwk, "d", "AAAA"))
        #expect(set.privateKeys == 1)
        #expect(set.keys.count == 1)
    }

    @Test("100 keys load, 101 do not; nor does anything that is no key set")
    func limits() throws {
        func set(_ count: Int) -> [UInt8] {
            JSONValue.object([.init(name: "keys", value: .array(Array(repeating: ["kty": "x"], count: count)))])
                .encoded()
        }
        #expect(try KeySet(jwks: set(100)).skipped.count == 100)
        #expect(throws: KeySet.LoadError.self) { try KeySet(jwks: set(101)) }
        for text in ["", "[]", "{}", #"{"keys":{}}"#, #"{"keys":[],"keys":[]}"#, "<html>"] {
            #expect(throws: KeySet.LoadError.self) { try KeySet(jwks: Array(text.utf8)) }
        }
    }

    @Test("PEM public keys of every kind load")
    func pem() throws {
        #expect(
            try KeySet(publicKeyPEM: Curve25519.Signing.PrivateKey().publicKey.pemRepresentation).keys[0].algorithms
                == [.edDSA]
        )
        #expect(
            try KeySet(publicKeyPEM: P256.Signing.PrivateKey().publicKey.pemRepresentation).keys[0].algorithms == [
                .es256
            ]
        )
        #expect(
            try KeySet(publicKeyPEM: P384.Signing.PrivateKey().publicKey.pemRepresentation).keys[0].algorithms == [
                .es384
            ]
        )
        let rsa = try _RSA.Signing.PrivateKey(keySize: .bits2048).publicKey.pemRepresentation
        #expect(try KeySet(publicKeyPEM: rsa).keys[0].algorithms == SignatureAlgorithm.rsa)
        #expect(throws: KeySet.LoadError.self) { try KeySet(publicKeyPEM: "-----BEGIN PUBLIC KEY-----") }
    }

    @Test("Every RSA algorithm and ES384 verifies its own signature and no other's")
    func families() throws {
        let rsa = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        let p384 = P384.Signing.PrivateKey()
        let input = Array("a.b".utf8)[...]
        let key = VerificationKey(id: nil, material: .rsa(rsa.publicKey))
        let signatures: [(SignatureAlgorithm, [UInt8])] = try [
            (
                .rs256,
                Array(rsa.signature(for: SHA256.hash(data: input), padding: .insecurePKCS1v1_5).rawRepresentation)
            ),
            (
                .rs384,
                Array(rsa.signature(for: SHA384.hash(data: input), padding: .insecurePKCS1v1_5).rawRepresentation)
            ),
            (
                .rs512,
                Array(rsa.signature(for: SHA512.hash(data: input), padding: .insecurePKCS1v1_5).rawRepresentation)
            ),
            (.ps256, Array(rsa.signature(for: SHA256.hash(data: input), padding: .PSS).rawRepresentation)),
            (.ps384, Array(rsa.signature(for: SHA384.hash(data: input), padding: .PSS).rawRepresentation)),
            (.ps512, Array(rsa.signature(for: SHA512.hash(data: input), padding: .PSS).rawRepresentation)),
        ]
        for (made, signature) in signatures {
            for algorithm in SignatureAlgorithm.allCases {
                #expect(key.verifies(signature, over: input, by: algorithm) == (made == algorithm))
            }
        }
        let curve = VerificationKey(id: nil, material: .p384(p384.publicKey))
        let signature = try Array(p384.signature(for: SHA384.hash(data: input)).rawRepresentation)
        #expect(curve.verifies(signature, over: input, by: .es384))
        #expect(!curve.verifies(signature, over: input, by: .es256))
    }
}
