// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import StrictJSON
import Testing

@testable import Tokens

@Suite("Signing keys")
struct SigningKeyTests {
    private func directory() -> String {
        FileManager.default.temporaryDirectory.appendingPathComponent("keys-\(UUID().uuidString)").path
    }

    @Test("A key is made once, mode 0600, and found again", arguments: SigningKey.Algorithm.allCases)
    func file(_ algorithm: SigningKey.Algorithm) throws {
        let path = self.directory() + "/deep/key.pem"
        let made = try SigningKey.loadOrCreate(path: path, algorithm: algorithm)
        let found = try SigningKey.loadOrCreate(path: path, algorithm: .edDSA)
        #expect(found.kid == made.kid)
        #expect(found.algorithm == algorithm)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber
        #expect(mode?.intValue == 0o600)
        #expect(try !made.create(path: path))
        #expect(
            try FileManager.default.contentsOfDirectory(
                atPath: URL(fileURLWithPath: path).deletingLastPathComponent().path
            ) == ["key.pem"]
        )
    }

    @Test("A file others may read, and one that holds no key, are refused with a sentence")
    func refused() throws {
        let path = self.directory() + "/key.pem"
        _ = try SigningKey.loadOrCreate(path: path)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        #expect(
            throws: SigningKey.LoadError(
                description: "\(path): others may read this signing key. Run: chmod 600 \(path)"
            )
        ) {
            try SigningKey.load(path: path)
        }
        try Data("no key".utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        #expect(throws: SigningKey.LoadError.self) { try SigningKey.load(path: path) }
    }

    @Test("Claims given to the issuer do not replace its own")
    func claims() throws {
        let key = try SigningKey.generate(.edDSA)
        let token = try TokenIssuer(issuer: "i", audience: ["a", "b"], key: key)
            .issue(subject: "1", claims: ["sub": "2", "org": "acme"], lifetime: .seconds(60), now: 100)
        let claims = try UnverifiedClaims.parse(token)
        #expect(claims["sub"] == "1")
        #expect(claims["org"] == "acme")
        #expect(claims["aud"] == ["a", "b"])
        #expect(claims["exp"] == 160)
        #expect(try UnverifiedClaims.parse(token)["jti"]?.string?.utf8.count == 22)
    }

    @Test("Unverified claims are parsed as strictly as any")
    func unverified() {
        #expect(throws: TokenError(.claimsJSON)) { try UnverifiedClaims.parse("e30.W10.e30") }
        #expect(throws: TokenError(.malformed)) { try UnverifiedClaims.parse("x") }
    }
}
