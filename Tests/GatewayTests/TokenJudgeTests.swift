// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import ArgumentParser
import Foundation
import Settings
import StrictJSON
import Testing
import Tokens

@testable import gatecast

@Suite("gatecast token verify --batch")
struct TokenJudgeTests {
    private static let now = Int64(Date().timeIntervalSince1970)
    private let key: SigningKey

    init() throws { key = try SigningKey.generate(.edDSA) }

    private func judge(_ arguments: String...) throws -> TokenJudge {
        TokenJudge(command: try TokenVerify.parse(["--batch"] + arguments))
    }

    private func token(_ claims: [String: JSONValue] = [:], lifetime: Int = 300, at now: Int64 = Self.now) throws
        -> String
    {
        try TokenIssuer(issuer: "https://iss.example", audience: ["gatecast"], key: key)
            .issue(subject: "42", claims: claims, lifetime: .seconds(lifetime), now: now)
    }

    private func line(_ token: String, keys: JSONValue? = nil) -> [UInt8] {
        let set: JSONValue = ["keys": .array([key.publicJWK])]
        return JSONValue.object([.init(name: "jwks", value: keys ?? set), .init(name: "token", value: .string(token))])
            .encoded()
    }

    private func answer(_ judge: TokenJudge, _ line: [UInt8]) throws -> JSONValue {
        try JSONScanner.parse(judge.answer(line: line))
    }

    @Test("A good token is answered with its claims, on one line")
    func valid() throws {
        let judge = try judge("--iss", "https://iss.example", "--aud", "gatecast")
        let bytes = judge.answer(line: line(try token(["org": "acme"])))
        #expect(!bytes.contains(UInt8(ascii: "\n")))
        let answer = try JSONScanner.parse(bytes)
        #expect(answer["valid"] == true)
        #expect(answer["claims"]?["sub"] == "42")
        #expect(answer["claims"]?["org"] == "acme")
    }

    @Test("The rules of requests hold: issuer, audience, time")
    func rules() throws {
        let good = line(try token())
        #expect(try answer(judge("--iss", "https://iss.example", "--aud", "gatecast"), good)["valid"] == true)
        #expect(try answer(judge("--iss", "https://other.example", "--aud", "gatecast"), good)["valid"] == false)
        #expect(try answer(judge("--iss", "https://iss.example", "--aud", "other"), good)["valid"] == false)
        let old = line(try token(lifetime: 60, at: Self.now - 3600))
        #expect(try answer(judge("--iss", "https://iss.example", "--aud", "gatecast"), old)["valid"] == false)
        #expect(try answer(judge("--signature-only"), old)["valid"] == true)
    }

    @Test("A wrong signature is invalid in both modes, with a reason")
    func signature() throws {
        let other: JSONValue = ["keys": .array([try SigningKey.generate(.edDSA).publicJWK])]
        let line = line(try token(), keys: other)
        for judge in [try judge("--signature-only"), try judge("--iss", "https://iss.example", "--aud", "gatecast")] {
            let answer = try answer(judge, line)
            #expect(answer["valid"] == false)
            #expect(answer["reason"]?.string?.isEmpty == false)
        }
    }

    @Test(
        "A line that is no such object is an invalid one, never an end",
        arguments: [
            "", "x", "[]", "{}", "{\"token\":\"a.b.c\"}", "{\"token\":7,\"jwks\":{\"keys\":[]}}",
            "{\"jwks\":7,\"token\":\"a.b.c\"}",
        ]
    )
    func badLine(_ line: String) throws {
        let answer = try answer(judge("--signature-only"), Array(line.utf8))
        #expect(answer["valid"] == false)
        #expect(answer["reason"]?.string?.isEmpty == false)
    }
}
