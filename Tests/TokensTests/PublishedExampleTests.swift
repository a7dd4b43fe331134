// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import StrictJSON
import Testing

@testable import Tokens

@Suite("Worked examples of the RFCs")
struct PublishedExampleTests {
    private static let payload =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

    private func verify(_ token: String, _ jwk: String) throws -> SignedContent {
        let keys = try KeySet(jwks: Array(jwk.utf8), allowingSecrets: true)
        return try TokenVerifier.verifySignatureOnly(token, keys: keys)
    }

    @Test("RFC 7515 A.1, HS256")
    func hs256() throws {
        let content = try self.verify(
            "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\(Self.payload).dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
            #"{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}"#
        )
        #expect(try content.claims()["iss"] == "joe")
    }

    @Test("RFC 7515 A.3, ES256")
    func es256() throws {
        let jwk = #"""
            {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
            """#
        let signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
        #expect(
            try self.verify("eyJhbGciOiJFUzI1NiJ9.\(Self.payload).\(signature)", jwk).claims()["exp"] == 1_300_819_380
        )
        #expect(throws: TokenError(.signature)) {
            try self.verify("eyJhbGciOiJFUzI1NiJ9.\(Self.payload).E\(signature.dropFirst())", jwk)
        }
    }

    @Test("RFC 8037 A.4, Ed25519, with a payload that is no JSON; A.3, its thumbprint")
    func ed25519() throws {
        let jwk = #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#
        let content = try self.verify(
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
                + "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
            jwk
        )
        #expect(String(decoding: content.payload, as: UTF8.self) == "Example of Ed25519 signing")
        #expect(throws: TokenError(.claimsJSON)) { try content.claims() }
        let seed = try #require(Base64URL.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A".utf8))
        let key = try SigningKey(raw: seed, algorithm: .edDSA)
        #expect(key.kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
        #expect(key.publicJWK["x"] == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
    }

    @Test("The signature-only mode keeps every rule about form and keys")
    func signatureOnlyIsStrict() throws {
        let forge = try TokenForge()
        let keys = forge.keys
        #expect(
            try TokenVerifier.verifySignatureOnly(try forge.token(claims: ["exp": 1]), keys: keys).claims()["exp"] == 1
        )
        let refused: [(String, TokenError.Reason)] = [
            (try forge.token(header: ["crit": .array(["x"])]), .critical),
            (try forge.token(header: ["kid": "x"]), .unknownKey),
            (try forge.token(header: ["alg": "EdDSA"]), .algorithmForKey),
            (try forge.token(header: ["alg": "none"]), .algorithmUnknown),
        ]
        for (token, reason) in refused {
            #expect(throws: TokenError(reason)) { try TokenVerifier.verifySignatureOnly(token, keys: keys) }
        }
    }
}
