// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Settings
import StrictJSON
import Testing

@testable import Tokens

@Suite("The rules of jwt.md §1, each at its limit and one past it")
struct TokenRuleTests {
    private let now = TokenForge.now

    @Test("A plain token of its issuer is accepted, with everything it says", arguments: SigningKey.Algorithm.allCases)
    func plain(_ algorithm: SigningKey.Algorithm) throws {
        let forge = try TokenForge(algorithm)
        let verified = try forge.verify(try forge.token(claims: ["jti": "x", "org": "acme"]))
        #expect(verified.subject == "42")
        #expect(verified.issuer == "https://issuer.test")
        #expect(verified.expiresAt == self.now + 300)
        #expect(verified.refusedFrom == self.now + 330)
        #expect(verified.id == "x")
        #expect(verified.claims["org"] == "acme")
    }

    @Test("Rule 1: 8 KiB of token, 1 KiB of header, three parts that are not empty")
    func sizes() throws {
        let forge = try TokenForge()
        let probe = try forge.token(claims: ["pad": .string("")]).utf8.count
        func padded(_ count: Int) throws -> String {
            try forge.token(claims: ["pad": .string(String(repeating: "a", count: count))])
        }
        var length = (8192 - probe) * 3 / 4 - 4
        while try padded(length + 1).utf8.count <= 8192 { length += 1 }
        #expect(forge.reason(of: try padded(length)) == nil)
        #expect(forge.reason(of: try padded(length + 2)) == .tooLong)
        let base = try #require(try forge.token().split(separator: ".").first).utf8.count
        let room = (1024 - base) * 3 / 4
        #expect(try forge.reason(header: ["pad": .string(String(repeating: "a", count: room - 12))]) == nil)
        #expect(try forge.reason(header: ["pad": .string(String(repeating: "a", count: room + 2))]) == .headerTooLong)
        let token = try forge.token()
        #expect(forge.reason(of: token + ".") == .malformed)
        #expect(forge.reason(of: token + ".e30") == .malformed)
        #expect(forge.reason(of: "e30.e30") == .malformed)
        #expect(forge.reason(of: "e30..e30") == .malformed)
        #expect(forge.reason(of: "") == .malformed)
        #expect(forge.reason(of: String(repeating: ".", count: 8192)) == .malformed)
    }

    @Test("Rule 1: depth 8 and 64 members an object")
    func depth() throws {
        let forge = try TokenForge()
        func nested(_ depth: Int) -> JSONValue { (1..<depth).reduce(.array([])) { value, _ in .array([value]) } }
        #expect(try forge.reason(claims: ["x": nested(7)]) == nil)
        #expect(try forge.reason(claims: ["x": nested(8)]) == .claimsJSON)
        func members(_ count: Int) -> JSONValue { .object((0..<count).map { .init(name: "m\($0)", value: 1) }) }
        #expect(try forge.reason(claims: ["x": members(64)]) == nil)
        #expect(try forge.reason(claims: ["x": members(65)]) == .claimsJSON)
    }

    @Test("Rule 2: padding, other alphabets, white space and trailing bits are refused")
    func encoding() throws {
        let forge = try TokenForge()
        let token = try forge.token()
        for bad in ["=", " ", "\n", "+", "/", "é"] { #expect(forge.reason(of: token + bad) == .encoding) }
        // 64 bytes end in a character of which 4 bits count.
        let last = try #require(token.last)
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let index = try #require(alphabet.firstIndex(of: last))
        #expect(forge.reason(of: token.dropLast() + String(alphabet[index + 1])) == .encoding)
        #expect(Base64URL.decode("AA".utf8) == [0])
        #expect(Base64URL.decode("AB".utf8) == nil)
        #expect(Base64URL.decode("A".utf8) == nil)
    }

    @Test("Rule 3: header and claims are one strict JSON object")
    func json() throws {
        let forge = try TokenForge()
        let header = Array(#"{"alg":"ES256","typ":"JWT","kid":"\#(forge.key.kid)"}"#.utf8)
        let claims = Array(#"{"iss":"https://issuer.test","aud":"gatecast","sub":"1","exp":\#(self.now + 9)}"#.utf8)
        #expect(forge.reason(of: try forge.sign(header, claims)) == nil)
        for bad in [
            #"{"alg":"none","alg":"ES256","kid":"\#(forge.key.kid)"}"#, #"["alg"]"#, #"{"alg":"ES256"} x"#,
            #"{"alg":"ES256",}"#,
        ] {
            #expect(forge.reason(of: try forge.sign(Array(bad.utf8), claims)) == .headerJSON)
        }
        let text = String(decoding: claims, as: UTF8.self)
        for bad in [text.dropLast() + #","sub":"2"}"#, text + "0", "null", "[]", text.dropLast() + #","x":1e999}"#] {
            #expect(forge.reason(of: try forge.sign(header, Array(String(bad).utf8))) == .claimsJSON)
        }
        #expect(
            forge.reason(of: try forge.sign(header, claims.dropLast() + Array(",\"x\":\"".utf8) + [0xFF, 0x22, 0x7D]))
                == .claimsJSON
        )
    }

    @Test("Rule 4: the algorithm is one of the issuer's and of the key's, exactly spelt")
    func algorithm() throws {
        var forge = try TokenForge()
        #expect(try forge.reason(header: ["alg": nil]) == .algorithmMissing)
        #expect(try forge.reason(header: ["alg": 1]) == .algorithmMissing)
        for name in ["none", "None", "es256", "ES256 ", "ES512", "HS512", ""] {
            #expect(try forge.reason(header: ["alg": .string(name)]) == .algorithmUnknown)
        }
        #expect(try forge.reason(header: ["alg": "HS256"]) == .algorithmRefused)
        #expect(try forge.reason(header: ["alg": "EdDSA"]) == .algorithmForKey)
        #expect(try forge.reason(header: ["alg": "ES384"]) == .algorithmForKey)
        forge.profile.algorithms = [.edDSA]
        #expect(try forge.reason() == .algorithmRefused)
    }

    @Test("Rule 5: the kid is found in the issuer's set, or absent with one usable key")
    func keyID() throws {
        let forge = try TokenForge()
        #expect(try forge.reason(header: ["kid": nil]) == nil)
        #expect(try forge.reason(header: ["kid": "other"]) == .unknownKey)
        #expect(try forge.reason(header: ["kid": ""]) == .unknownKey)
        #expect(try forge.reason(header: ["kid": 1]) == .keyIDInvalid)
        #expect(try forge.reason(header: ["kid": .string(String(repeating: "k", count: 256))]) == .unknownKey)
        #expect(try forge.reason(header: ["kid": .string(String(repeating: "k", count: 257))]) == .keyIDInvalid)

        let second = try SigningKey.generate(.edDSA)
        let both = try KeySet(jwks: SigningKey.jwks([forge.key, second]).encoded())
        func refusal(_ token: String, _ profile: IssuerProfile) -> TokenError.Reason? {
            do throws(TokenError) {
                _ = try TokenVerifier(profiles: [(profile, both)]).verify(token, now: self.now)
                return nil
            } catch { return error.reason }
        }
        #expect(refusal(try forge.token(header: ["kid": nil]), forge.profile) == .keyIDMissing)
        #expect(refusal(try forge.token(), forge.profile) == nil)
        var narrow = forge.profile
        narrow.algorithms = [.es256]
        #expect(refusal(try forge.token(header: ["kid": nil]), narrow) == nil)
    }

    @Test(
        "Rule 6: crit and b64 are refused in any form",
        arguments: [.array(["exp"]), .array([]), .null, "exp"] as [JSONValue]
    )
    func critical(_ value: JSONValue) throws {
        let forge = try TokenForge()
        #expect(try forge.reason(header: ["crit": .some(value)]) == .critical)
        #expect(try forge.reason(header: ["b64": false]) == .unencodedPayload)
    }

    @Test("Rule 7: a key offered in the header is not used, but noticed", arguments: ["jwk", "jku", "x5u", "x5c"])
    func offered(_ name: String) throws {
        let forge = try TokenForge()
        #expect(try forge.verify(try forge.token(header: [name: "https://evil.test/k"])).offeredKey)
        let thief = try TokenForge()
        let stolen = try thief.token(header: [name: thief.key.publicJWK, "kid": .string(forge.key.kid)])
        #expect(forge.reason(of: stolen) == .signature)
    }

    @Test("Rule 8: typ is one of the issuer's, without case and with or without application/")
    func type() throws {
        var forge = try TokenForge()
        for good in ["at+jwt", "AT+JWT", "application/at+jwt", "JWT", "jwt", "Application/JWT"] {
            #expect(try forge.reason(header: ["typ": .string(good)]) == nil)
        }
        for bad in ["gatecast-id+jwt", "id_token", "", "application/application/jwt"] {
            #expect(try forge.reason(header: ["typ": .string(bad)]) == .type)
        }
        #expect(try forge.reason(header: ["typ": nil]) == .type)
        #expect(try forge.reason(header: ["typ": 1]) == .type)
        forge.profile.allowsNoType = true
        #expect(try forge.reason(header: ["typ": nil]) == nil)
    }

    @Test("Rule 9: iss is exact and chooses the profile; one with iss: absent sees no other's token")
    func issuer() throws {
        var forge = try TokenForge()
        #expect(try forge.reason(claims: ["iss": "https://issuer.test/"]) == .issuerUnknown)
        #expect(try forge.reason(claims: ["iss": nil]) == .issuerMissing)
        #expect(try forge.reason(claims: ["iss": 1]) == .issuerInvalid)
        forge.profile.iss = "e\u{301}"
        #expect(try forge.reason(claims: ["iss": "e\u{301}"]) == nil)
        #expect(try forge.reason(claims: ["iss": "\u{e9}"]) == .issuerUnknown)
        forge.profile.iss = nil
        #expect(try forge.reason(claims: ["iss": nil]) == nil)
        #expect(try forge.reason() == .issuerUnknown)
    }

    @Test("Rule 10: aud is a string or at most 16 strings, one of them ours")
    func audience() throws {
        var forge = try TokenForge()
        let fifteen = (1...15).map { JSONValue.string("a\($0)") }
        #expect(try forge.reason(claims: ["aud": .array(fifteen + ["gatecast"])]) == nil)
        #expect(try forge.reason(claims: ["aud": .array(fifteen + ["b", "gatecast"])]) == .audience)
        for bad: JSONValue? in [nil, "Gatecast", "gatecast ", .array([]), .array(["gatecast", 1]), .null, .object([])] {
            #expect(try forge.reason(claims: ["aud": bad]) == .audience)
        }
        forge.profile.audience = []
        #expect(try forge.reason(claims: ["aud": nil]) == nil)
        #expect(try forge.reason() == .audience)
    }

    @Test("Rule 11: times, to the second")
    func times() throws {
        let forge = try TokenForge()
        #expect(try forge.reason(claims: ["exp": nil]) == .expiryMissing)
        #expect(try forge.reason(now: self.now + 329) == nil)
        #expect(try forge.reason(now: self.now + 330) == .expired)
        #expect(try forge.reason(claims: ["nbf": .integer(self.now + 30)]) == nil)
        #expect(try forge.reason(claims: ["nbf": .integer(self.now + 31)]) == .notYetValid)
        #expect(try forge.reason(claims: ["iat": .integer(self.now + 30)]) == nil)
        #expect(try forge.reason(claims: ["iat": .integer(self.now + 31)]) == .issuedInFuture)
        #expect(try forge.reason(claims: ["exp": .integer(self.now + 86_400)]) == nil)
        #expect(try forge.reason(claims: ["exp": .integer(self.now + 86_401)]) == .lifetime)
        #expect(try forge.reason(claims: ["iat": nil, "exp": .integer(self.now + 86_430)]) == nil)
        #expect(try forge.reason(claims: ["iat": nil, "exp": .integer(self.now + 86_431)]) == .lifetime)
        #expect(try forge.reason(claims: ["exp": .number(Double(self.now) + 0.5)]) == nil)
        for name in ["exp", "nbf", "iat"] {
            for bad: JSONValue in ["1767000300", -1, 9_007_199_254_740_993, .null, true] {
                #expect(try forge.reason(claims: [name: .some(bad)]) == .timeInvalid)
            }
        }
        #expect(try forge.reason(claims: ["exp": 9_007_199_254_740_992]) == .lifetime)
        #expect(try forge.reason(claims: ["nbf": 0]) == nil)
    }

    @Test("Rule 12: the first subject claim present counts, as text or as a whole number")
    func subject() throws {
        var forge = try TokenForge()
        #expect(try forge.verify(try forge.token(claims: ["sub": 7])).subject == "7")
        #expect(try forge.reason(claims: ["sub": .string(String(repeating: "s", count: 255))]) == nil)
        for bad: JSONValue? in [nil, "", .string(String(repeating: "s", count: 256)), 1.5, .null, true] {
            #expect(try forge.reason(claims: ["sub": bad]) == .subject)
        }
        forge.profile.subjectClaims = ["sub", "user_id"]
        #expect(try forge.verify(try forge.token(claims: ["sub": nil, "user_id": 8])).subject == "8")
        #expect(try forge.verify(try forge.token(claims: ["user_id": 8])).subject == "42")
    }

    @Test("Rule 13: required values, so that a refresh token is no access token")
    func required() throws {
        var forge = try TokenForge()
        forge.profile.require = [.init(name: "token_type", value: "access"), .init(name: "ok", value: "true")]
        #expect(try forge.reason(claims: ["token_type": "access", "ok": true]) == nil)
        #expect(try forge.reason(claims: ["token_type": "refresh", "ok": true]) == .requiredClaim)
        #expect(try forge.reason(claims: ["ok": true]) == .requiredClaim)
        #expect(try forge.reason(claims: ["token_type": "access", "ok": false]) == .requiredClaim)
    }

    @Test(
        "Rule 14: a signature of another length, another key, or with a bit off",
        arguments: SigningKey.Algorithm.allCases
    )
    func signature(_ algorithm: SigningKey.Algorithm) throws {
        let forge = try TokenForge(algorithm)
        let token = try forge.token()
        let dot = try #require(token.lastIndex(of: "."))
        let good = try #require(Base64URL.decode(token[token.index(after: dot)...].utf8))
        func with(_ signature: [UInt8]) -> String { token[...dot] + Base64URL.encode(signature) }
        #expect(forge.reason(of: with(good)) == nil)
        #expect(forge.reason(of: with(good.dropLast())) == .signature)
        #expect(forge.reason(of: with(good + [0])) == .signature)
        #expect(forge.reason(of: with(Array(repeating: 0, count: good.count))) == .signature)
        #expect(forge.reason(of: with(Array(repeating: 0xFF, count: good.count))) == .signature)
        for index in [0, good.count / 2, good.count - 1] {
            var bent = good
            bent[index] ^= 1
            #expect(forge.reason(of: with(bent)) == .signature)
        }
    }

    @Test("HS256: the secret verifies, another secret, a longer code and a public key's algorithm do not")
    func secret() throws {
        let secret = Secret("an-entirely-random-thing-of-37-bytes!")
        let profile = IssuerProfile(iss: "i", audience: ["a"], source: .secret(secret), algorithms: [.es256])
        #expect(profile.algorithms == [.hs256])
        let verifier = TokenVerifier(profiles: [(profile, KeySet(secret: secret))])
        let issuer = TokenIssuer(issuer: "i", audience: ["a"], secret: secret)
        let token = try issuer.issue(subject: "1", lifetime: .seconds(60), now: self.now)
        #expect(try verifier.verify(token, now: self.now).subject == "1")
        let other = TokenIssuer(issuer: "i", audience: ["a"], secret: Secret("an-entirely-random-thing-of-37-bytes?"))
        let foreign = try other.issue(subject: "1", lifetime: .seconds(60), now: self.now)
        #expect(throws: TokenError(.signature)) { try verifier.verify(foreign, now: self.now) }
        #expect(throws: TokenError(.algorithmRefused)) {
            try verifier.verify(try TokenForge().token(claims: ["iss": "i"]), now: self.now)
        }
    }

    @Test("Random bytes and a flipped byte never verify and never trap")
    func fuzz() throws {
        let forge = try TokenForge(.edDSA)
        let token = Array(try forge.token().utf8)
        var generator = SystemRandomNumberGenerator()
        for index in token.indices {
            var bent = token
            bent[index] = UInt8.random(in: 0...255, using: &generator)
            if bent != token { #expect(forge.reason(of: String(decoding: bent, as: UTF8.self)) != nil) }
        }
        for count in 0..<300 {
            let noise = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            #expect(forge.reason(of: String(decoding: noise, as: UTF8.self)) != nil)
        }
    }
}
