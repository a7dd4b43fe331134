// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import StrictJSON

@testable import Tokens

/// Makes tokens of any shape under a real key, so that each test bends one thing only.
struct TokenForge {
    static let now: Int64 = 1_767_000_000

    let key: SigningKey
    var profile: IssuerProfile
    let keys: KeySet

    init(_ algorithm: SigningKey.Algorithm = .es256) throws {
        self.key = try SigningKey.generate(algorithm)
        self.keys = try KeySet(jwks: SigningKey.jwks([self.key]).encoded())
        self.profile = IssuerProfile(iss: "https://issuer.test", audience: ["gatecast"], source: .keys(self.keys))
    }

    /// `nil` takes a member out.
    func token(header: [String: JSONValue?] = [:], claims: [String: JSONValue?] = [:]) throws -> String {
        let header = Self.merge(
            ["alg": .string(self.key.algorithm.rawValue), "typ": "at+jwt", "kid": .string(self.key.kid)],
            header
        )
        let claims = Self.merge(
            [
                "iss": "https://issuer.test", "aud": "gatecast", "sub": "42", "iat": .integer(Self.now),
                "exp": .integer(Self.now + 300),
            ],
            claims
        )
        return try self.sign(header.encoded(), claims.encoded())
    }

    func sign(_ header: [UInt8], _ claims: [UInt8]) throws -> String {
        let input = "\(Base64URL.encode(header)).\(Base64URL.encode(claims))"
        return "\(input).\(Base64URL.encode(try self.key.signature(over: [UInt8](input.utf8))))"
    }

    func verify(_ token: String, now: Int64 = Self.now) throws(TokenError) -> VerifiedToken {
        try TokenVerifier(profiles: [(self.profile, self.keys)]).verify(token, now: now)
    }

    /// The reason of a refusal; `nil`: accepted.
    func reason(
        header: [String: JSONValue?] = [:],
        claims: [String: JSONValue?] = [:],
        now: Int64 = Self.now
    ) throws -> TokenError.Reason? {
        self.reason(of: try self.token(header: header, claims: claims), now: now)
    }

    func reason(of token: String, now: Int64 = Self.now) -> TokenError.Reason? {
        do throws(TokenError) {
            _ = try self.verify(token, now: now)
            return nil
        } catch {
            return error.reason
        }
    }

    private static func merge(_ base: [String: JSONValue], _ changes: [String: JSONValue?]) -> JSONValue {
        var all = base
        for (name, value) in changes { all[name] = value }
        return .object(all.sorted { $0.key < $1.key }.map { JSONValue.Member(name: $0.key, value: $0.value) })
    }
}
