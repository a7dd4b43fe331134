// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import Settings
internal import StrictJSON
internal import Tokens

/// The verdicts of `gatecast token verify`: the verifier that serves requests, or its signature part alone.
struct TokenJudge {
    var command: TokenVerify

    /// The claims as JSON bytes.
    func claims(of token: String, keys: KeySet) throws(TokenError) -> [UInt8] {
        if command.signatureOnly {
            return try TokenVerifier.verifySignatureOnly(token, keys: keys).payload
        }
        let secretOnly = keys.keys.allSatisfy { $0.algorithms == [.hs256] }
        let profile = IssuerProfile(
            iss: command.iss,
            audience: command.aud.map { [$0] } ?? [],
            source: .keys(keys),
            algorithms: secretOnly ? [.hs256] : nil
        )
        let verifier = TokenVerifier(profiles: [(profile, keys)])
        return try verifier.verify(token, now: Int64(Date().timeIntervalSince1970)).claims.encoded()
    }

    /// One line of `--batch`: a JSON object in, one out; a line that is no such object is an invalid one.
    func answer(line: [UInt8]) -> [UInt8] {
        let token: String
        let keys: KeySet
        do {
            // Conformance vectors hold tokens and sets larger than requests may.
            let members = try JSONScanner.members(ofObject: line, limits: .init())
            guard let tokenRange = members.first(where: { $0.name == "token" })?.value,
                let text = try JSONScanner.parse(Array(line[tokenRange])).string,
                let keyRange = members.first(where: { $0.name == "jwks" })?.value
            else { return invalid("a line is {\"jwks\":…,\"token\":\"…\"}") }
            token = text
            keys = try KeySet(jwks: Array(line[keyRange]), allowingSecrets: true)
        } catch {
            return invalid("\(error)")
        }
        do {
            let payload = try claims(of: token, keys: keys)
            return Array("{\"valid\":true,\"claims\":".utf8) + embedded(payload) + Array("}".utf8)
        } catch {
            return invalid("\(error)")
        }
    }

    /// A payload that is one JSON value stands as it is; any other as a base64 string.
    private func embedded(_ payload: [UInt8]) -> [UInt8] {
        do {
            return try JSONScanner.parse(payload).encoded()
        } catch {
            return Array(JSONText.quoted(Data(payload).base64EncodedString()).utf8)
        }
    }

    private func invalid(_ reason: String) -> [UInt8] {
        JSONValue.object([.init(name: "valid", value: .bool(false)), .init(name: "reason", value: .string(reason))])
            .encoded()
    }
}
