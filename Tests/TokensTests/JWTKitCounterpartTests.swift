// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import JWTKit
import Settings
import StrictJSON
import Testing

@testable import Tokens

/// Another implementation must understand our tokens, and we its.
@Suite("jwt-kit as counterpart")
struct JWTKitCounterpartTests {
    struct Claims: JWTPayload {
        var iss: IssuerClaim
        var aud: AudienceClaim
        var sub: SubjectClaim
        var exp: ExpirationClaim
        var iat: IssuedAtClaim

        func verify(using algorithm: some JWTAlgorithm) async throws { try self.exp.verifyNotExpired() }
    }

    private let now = Int64(Date().timeIntervalSince1970)

    private var claims: Claims {
        let date = Date(timeIntervalSince1970: TimeInterval(self.now))
        return Claims(iss: "i", aud: "a", sub: "7", exp: .init(value: date + 60), iat: .init(value: date))
    }

    @Test("It verifies what we sign", arguments: SigningKey.Algorithm.allCases)
    func ours(_ algorithm: SigningKey.Algorithm) async throws {
        let key = try SigningKey.generate(algorithm)
        let token = try TokenIssuer(issuer: "i", audience: ["a"], key: key)
            .issue(subject: "7", lifetime: .seconds(60), now: self.now)
        let keys = JWTKeyCollection()
        try await keys.add(jwksJSON: String(decoding: SigningKey.jwks([key]).encoded(), as: UTF8.self))
        #expect(try await keys.verify(token, as: Claims.self).sub.value == "7")
    }

    @Test("We verify what it signs", arguments: SigningKey.Algorithm.allCases)
    func theirs(_ algorithm: SigningKey.Algorithm) async throws {
        let key = try SigningKey.generate(algorithm)
        let keys = JWTKeyCollection()
        let kid = JWKIdentifier(string: key.kid)
        switch algorithm {
        case .es256: await keys.add(ecdsa: try ES256PrivateKey(pem: key.pem), kid: kid)
        case .edDSA: await keys.add(eddsa: try EdDSA.PrivateKey(pem: key.pem), kid: kid)
        case .rs256: await keys.add(rsa: try Insecure.RSA.PrivateKey(pem: key.pem), digestAlgorithm: .sha256, kid: kid)
        }
        let token = try await keys.sign(self.claims, kid: kid)
        let set = try KeySet(jwks: SigningKey.jwks([key]).encoded())
        let profile = IssuerProfile(iss: "i", audience: ["a"], source: .keys(set))
        #expect(try TokenVerifier(profiles: [(profile, set)]).verify(token, now: self.now).subject == "7")
    }

    @Test("HS256 in both directions")
    func secret() async throws {
        let secret = Secret("0f1e2d3c4b5a69788796a5b4c3d2e1f0")
        let keys = JWTKeyCollection()
        await keys.add(hmac: HMACKey(from: secret.text), digestAlgorithm: .sha256)
        let ours = try TokenIssuer(issuer: "i", audience: ["a"], secret: secret)
            .issue(subject: "7", lifetime: .seconds(60), now: self.now)
        #expect(try await keys.verify(ours, as: Claims.self).sub.value == "7")
        let profile = IssuerProfile(iss: "i", audience: ["a"], source: .secret(secret))
        let verifier = TokenVerifier(profiles: [(profile, KeySet(secret: secret))])
        #expect(try verifier.verify(try await keys.sign(self.claims), now: self.now).subject == "7")
    }
}
