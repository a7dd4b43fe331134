// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Settings
import StrictJSON
import Testing

@testable import Tokens

@Suite("Issuers in the settings")
struct IssuerSettingsTests {
    private func profile(_ yaml: String, upstreams: Set<String> = []) throws -> IssuerProfile {
        try IssuerProfile(node: SettingsNode.parse(yaml, file: "gatecast.yaml", environment: [:]), upstreams: upstreams)
    }

    private func refusal(_ yaml: String) -> String {
        do {
            _ = try self.profile(yaml)
            return "accepted"
        } catch {
            return "\(error)"
        }
    }

    @Test("The shortest profile is the strictest")
    func shortest() throws {
        let profile = try self.profile(#"{ iss: "https://a", aud: gatecast, jwks: "http://127.0.0.1:8101/jwks" }"#)
        #expect(profile.iss == "https://a")
        #expect(profile.audience == ["gatecast"])
        #expect(profile.jwksURL == "http://127.0.0.1:8101/jwks")
        #expect(profile.algorithms == SignatureAlgorithm.asymmetric)
        #expect(profile.types == ["at+jwt", "jwt"])
        #expect(profile.leeway == .seconds(30))
        #expect(profile.maxLifetime == .seconds(86_400))
    }

    @Test("Everything that can be said is read")
    func everything() throws {
        let profile = try self.profile(
            """
            { iss: absent, aud: [a, b], secret: "9f8e7d6c5b4a39281706f5e4d3c2b1a0x", typ: [JWT, absent], subjectClaims: [uid],
              require: { token_type: access }, leeway: 10s, maxLifetime: 1h, algorithms: [HS256] }
            """
        )
        #expect(profile.iss == nil)
        #expect(profile.audience == ["a", "b"])
        #expect(profile.algorithms == [.hs256])
        #expect(profile.allowsNoType && profile.types == ["jwt"])
        #expect(profile.subjectClaims == ["uid"])
        #expect(profile.require == [.init(name: "token_type", value: "access")])
        #expect(profile.leeway == .seconds(10))
    }

    @Test("simplejwt: no iss, no aud, HS256, access only; Django's own keys will do")
    func simplejwt() throws {
        let secret = "django-insecure-4y7#k2p!q8w$z1v9m@x3n5b6c0d-f_g+h=j"
        let profile = try self.profile(#"{ preset: simplejwt, secret: "\#(secret)" }"#)
        let verifier = TokenVerifier(profiles: [(profile, profile.fixedKeys ?? .unavailable)])
        let issuer = TokenIssuer(issuer: nil, audience: [], secret: Secret(secret), type: "JWT")
        func token(_ type: String, _ user: JSONValue) throws -> String {
            try issuer.sign([
                "token_type": .string(type), "exp": 1_767_000_300, "iat": 1_767_000_000, "jti": "9", "user_id": user,
            ])
        }
        #expect(try verifier.verify(token("access", "1"), now: 1_767_000_001).subject == "1")
        #expect(try verifier.verify(token("access", 1), now: 1_767_000_001).subject == "1")
        #expect(throws: TokenError(.requiredClaim)) { try verifier.verify(token("refresh", 1), now: 1_767_000_001) }
    }

    @Test(
        "What would make the rules weaker than they look does not load",
        arguments: [
            (#"{ aud: a, jwks: "https://x/j" }"#, "iss is missing"),
            (#"{ iss: i, jwks: "https://x/j" }"#, "aud is missing"),
            (#"{ iss: i, aud: a }"#, "exactly one of"),
            (#"{ iss: i, aud: a, jwks: "https://x/j", secret: "0f1e2d3c4b5a69788796a5b4c3d2e1f0" }"#, "exactly one of"),
            (#"{ iss: i, aud: a, secret: "short" }"#, "too short"),
            (#"{ iss: i, aud: a, secret: "please-changeme-please-changeme-please" }"#, "placeholder"),
            (#"{ iss: i, aud: a, secret: "a-string-secret-at-least-256-bits-long" }"#, "placeholder"),
            (#"{ iss: i, aud: a, secret: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" }"#, "placeholder"),
            (#"{ iss: i, aud: a, jwks: "https://x/j", algorithms: [HS256] }"#, "HS256 needs a secret"),
            (#"{ iss: i, aud: a, secret: "0f1e2d3c4b5a69788796a5b4c3d2e1f0", algorithms: [RS256] }"#, "HS256 only"),
            (#"{ iss: i, aud: a, jwks: "https://x/j", algorithms: [none] }"#, "unknown algorithm none"),
            (#"{ iss: i, aud: a, jwks: "http://issuer.example/j" }"#, "plain http"),
            (#"{ iss: i, aud: a, jwks: "http://127.0.0.1.example/j" }"#, "plain http"),
            (#"{ iss: i, aud: a, jwks: "ftp://x/j" }"#, "neither https nor http"),
            (#"{ iss: i, aud: a, jwks: "https://user@x/j" }"#, "not a URL"),
            (#"{ iss: i, aud: a, jwks: "https://x/j", audince: b }"#, "unknown key"),
            (#"{ iss: i, aud: a, keyFile: /nonexistent.pem }"#, "cannot be read"),
        ]
    )
    func refused(_ yaml: String, _ sentence: String) {
        let refusal = self.refusal(yaml)
        #expect(refusal.contains(sentence), "\(refusal)")
        #expect(refusal.hasPrefix("gatecast.yaml:1"), "\(refusal)")
    }

    @Test("Plain http is fine from this machine and from a configured upstream")
    func plainHTTP() throws {
        for host in ["127.0.0.1:1", "localhost:1", "[::1]:1", "127.9.9.9"] {
            #expect(self.refusal(#"{ iss: i, aud: a, jwks: "http://\#(host)/j" }"#) == "accepted")
        }
        let yaml = #"{ iss: i, aud: a, jwks: "http://users:8101/j" }"#
        #expect(try self.profile(yaml, upstreams: ["users:8101"]).jwksURL == "http://users:8101/j")
    }

    @Test("One issuer has one profile")
    func twice() throws {
        let yaml = #"[{ iss: i, aud: a, jwks: "https://x/j" }, { iss: i, aud: b, jwks: "https://y/j" }]"#
        let node = try SettingsNode.parse(yaml, file: "f", environment: [:])
        #expect(throws: SettingsError.self) { try IssuerProfile.list(node: node) }
        #expect(try IssuerProfile.list(node: nil).isEmpty)
    }
}
