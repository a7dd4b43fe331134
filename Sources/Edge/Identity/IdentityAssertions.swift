// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import HTTPMessages
internal import Sessions
internal import StrictJSON
internal import Tokens

/// Makes `Gatecast-Identity` (jwt.md §5): a signed statement of at most a minute, for one upstream, about one caller. A type
/// of its own, `gatecast-id+jwt`, keeps assertions and access tokens from standing in for each other.
struct IdentityAssertions: Sendable {
    static let type = "gatecast-id+jwt"
    /// Seconds from `iat` to `exp`, less where the session or token ends before.
    static let lifetime: Int64 = 60
    /// Seconds for which one assertion is said again.
    static let reuse: Int64 = 30

    /// The request an assertion is bound to on routes with `strict: true`.
    struct Binding {
        let method: Method
        /// `https://`, authority and path; no query.
        let url: String
    }

    private let issuers: [String: TokenIssuer]
    /// The public keys, for `/.well-known/jwks.json` on the internal listener.
    let document: [UInt8]

    /// - Parameters:
    ///   - issuer: the gateway's public origin.
    ///   - keys: the first one signs; all are published. Empty: no route asks for assertions.
    init?(issuer: String, keys: [SigningKey], routes: [RouteSettings]) {
        guard let key = keys.first else { return nil }
        var issuers: [String: TokenIssuer] = [:]
        for route in routes where route.identity == .assertion {
            issuers[route.assertionAudience] = TokenIssuer(
                issuer: issuer,
                audience: [route.assertionAudience],
                key: key,
                type: Self.type
            )
        }
        self.issuers = issuers
        self.document = SigningKey.jwks(keys).encoded()
    }

    /// `nil` for nobody.
    func issue(_ caller: Caller, audience: String, binding: Binding?, now: Int64) throws -> String? {
        guard let issuer = self.issuers[audience], let subject = caller.subject else { return nil }
        var claims: [String: JSONValue] = [:]
        for name in ["scope", "amr"] { claims[name] = caller.claims?[name] }
        var end = now + Self.lifetime
        switch caller {
        case .anonymous: break
        case .session(let session):
            claims["sid"] = .string(session.publicID)
            end = min(end, Int64(session.end.timeIntervalSince1970))
        case .bearer(let token, _):
            end = min(end, token.refusedFrom)
        }
        if let binding {
            claims["htm"] = .string(binding.method.name)
            claims["htu"] = .string(binding.url)
        }
        return try issuer.issue(
            subject: subject,
            claims: claims,
            lifetime: .seconds(max(1, end - now)),
            now: now
        )
    }
}

extension Caller {
    var subject: String? {
        switch self {
        case .anonymous: nil
        case .session(let session): session.subject
        case .bearer(let token, _): token.subject
        }
    }

    fileprivate var claims: JSONValue? {
        switch self {
        case .anonymous: nil
        case .session(let session): session.claims
        case .bearer(let token, _): token.claims
        }
    }
}
