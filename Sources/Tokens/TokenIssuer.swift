// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Crypto
internal import Foundation
package import Settings
package import StrictJSON

/// Makes access tokens: compact JWS, `typ: at+jwt` (RFC 9068).
package struct TokenIssuer: Sendable {
    private enum Key: Sendable {
        case signing(SigningKey)
        case secret(Secret)
    }

    package let issuer: String?
    package let audience: [String]
    package let type: String
    private let key: Key

    package init(issuer: String?, audience: [String], key: SigningKey, type: String = "at+jwt") {
        self.issuer = issuer
        self.audience = audience
        self.type = type
        self.key = .signing(key)
    }

    /// HS256. Such a token carries no `kid`.
    package init(issuer: String?, audience: [String], secret: Secret, type: String = "at+jwt") {
        self.issuer = issuer
        self.audience = audience
        self.type = type
        self.key = .secret(secret)
    }

    /// - Parameters:
    ///   - claims: further claims; they may not replace ours.
    ///   - lifetime: whole seconds.
    ///   - now: Unix seconds.
    package func issue(
        subject: String,
        claims: [String: JSONValue] = [:],
        lifetime: Duration,
        now: Int64
    ) throws -> String {
        var members: [JSONValue.Member] = []
        func add(_ name: String, _ value: JSONValue) { members.append(JSONValue.Member(name: name, value: value)) }
        if let issuer = self.issuer { add("iss", .string(issuer)) }
        switch self.audience.count {
        case 0: break
        case 1: add("aud", .string(self.audience[0]))
        default: add("aud", .array(self.audience.map { .string($0) }))
        }
        add("sub", .string(subject))
        add("iat", .integer(now))
        add("exp", .integer(now + lifetime.components.seconds))
        add("jti", .string(Base64URL.encode(SymmetricKey(size: .bits128).withUnsafeBytes { [UInt8]($0) })))
        for (name, value) in claims.sorted(by: { $0.key < $1.key }) where !members.contains(where: { $0.name == name })
        {
            add(name, value)
        }
        return try self.sign(.object(members))
    }

    /// Signs claims as they are. For `gatecast token mint` and for tests: nothing is added.
    package func sign(_ claims: JSONValue) throws -> String {
        let header: JSONValue
        switch self.key {
        case .signing(let key):
            header = ["alg": .string(key.algorithm.rawValue), "typ": .string(self.type), "kid": .string(key.kid)]
        case .secret:
            header = ["alg": "HS256", "typ": .string(self.type)]
        }
        let input = "\(Base64URL.encode(header.encoded())).\(Base64URL.encode(claims.encoded()))"
        let signature: [UInt8]
        switch self.key {
        case .signing(let key): signature = try key.signature(over: [UInt8](input.utf8))
        case .secret(let secret):
            let code = HMAC<SHA256>.authenticationCode(
                for: [UInt8](input.utf8),
                using: SymmetricKey(data: secret.bytes)
            )
            signature = [UInt8](code)
        }
        return "\(input).\(Base64URL.encode(signature))"
    }
}
