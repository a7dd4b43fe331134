// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import HTTPMessages
import NIOCore
import Sessions
import StrictJSON
import TestSupport
import Testing
import Tokens

@testable import Edge

@Suite("Identity assertions", .timeLimit(.minutes(5)))
struct IdentityTests {
    private static let now: Int64 = 1_800_000_000

    private static func session(end: Int64 = Self.now + 3_600, generation: UInt64 = 1) -> Caller {
        let end = Date(timeIntervalSince1970: TimeInterval(end))
        // 32 bytes, as a key needs.
        let key = SessionKey(bytes: [UInt8](repeating: 3, count: 32))!
        return .session(
            ActiveSession(
                key: key,
                publicID: "pub-1",
                subject: "id-ana",
                accessToken: "secret-token",
                accessEnd: end,
                claims: ["scope": "tasks", "amr": ["pwd"], "email": "ana@example.com"],
                absoluteEnd: end,
                idleEnd: end,
                generation: generation
            )
        )
    }

    private func assertions(_ keys: [SigningKey]) throws -> IdentityAssertions {
        var route = RouteSettings(prefix: "/a", upstream: "tasks", authentication: .required, identity: .assertion)
        var other = route
        other.audience = "billing"
        route.strictAssertion = true
        return try #require(IdentityAssertions(issuer: "https://app.example", keys: keys, routes: [route, other]))
    }

    private func verifier(_ document: [UInt8], audience: String, type: String = IdentityAssertions.type) throws
        -> TokenVerifier
    {
        var profile = IssuerProfile(
            iss: "https://app.example",
            audience: [audience],
            source: .keys(try KeySet(jwks: document)),
            types: [type]
        )
        profile.leeway = .zero
        return TokenVerifier(profiles: [(profile, try KeySet(jwks: document))])
    }

    @Test("It says who, for whom, until when, and nothing secret", arguments: [SigningKey.Algorithm.edDSA, .es256])
    func claims(algorithm: SigningKey.Algorithm) throws {
        let assertions = try self.assertions([.generate(algorithm)])
        let text = try #require(
            try assertions.issue(Self.session(), audience: "tasks", binding: nil, now: Self.now)
        )
        let verified = try self.verifier(assertions.document, audience: "tasks").verify(text, now: Self.now)
        #expect(verified.subject == "id-ana")
        #expect(verified.expiresAt == Self.now + 60)
        #expect(verified.claims["sid"]?.string == "pub-1")
        #expect(verified.claims["scope"]?.string == "tasks")
        #expect(verified.claims["amr"] == ["pwd"])
        #expect(verified.claims["email"] == nil)
        #expect(verified.claims["htm"] == nil)
        #expect(verified.id != nil)
        #expect(!text.contains("secret-token"))
    }

    @Test("A bound one names its method and URL")
    func bound() throws {
        let assertions = try self.assertions([.generate(.edDSA)])
        let text = try #require(
            try assertions.issue(
                Self.session(),
                audience: "tasks",
                binding: .init(method: .post, url: "https://app.example/a/1"),
                now: Self.now
            )
        )
        let claims = try self.verifier(assertions.document, audience: "tasks").verify(text, now: Self.now).claims
        #expect(claims["htm"]?.string == "POST")
        #expect(claims["htu"]?.string == "https://app.example/a/1")
    }

    @Test("It is refused a second after its end, by another audience, as an access token, and by another's keys")
    func refused() throws {
        let assertions = try self.assertions([.generate(.edDSA)])
        let other = try self.assertions([.generate(.edDSA)])
        let text = try #require(
            try assertions.issue(Self.session(), audience: "tasks", binding: nil, now: Self.now)
        )
        let right = try self.verifier(assertions.document, audience: "tasks")
        _ = try right.verify(text, now: Self.now + 59)
        #expect(throws: TokenError.self) { try right.verify(text, now: Self.now + 61) }
        #expect(throws: TokenError.self) {
            try self.verifier(assertions.document, audience: "billing").verify(text, now: Self.now)
        }
        #expect(throws: TokenError.self) {
            try self.verifier(assertions.document, audience: "tasks", type: "at+jwt").verify(text, now: Self.now)
        }
        #expect(throws: TokenError.self) {
            try self.verifier(other.document, audience: "tasks").verify(text, now: Self.now)
        }
        let access = try TokenIssuer(issuer: "https://app.example", audience: ["tasks"], key: .generate(.edDSA))
            .issue(subject: "id-ana", lifetime: .seconds(60), now: Self.now)
        #expect(throws: TokenError.self) { try right.verify(access, now: Self.now) }
    }

    @Test("It never outlives the session or the token, and nobody gets none")
    func ends() throws {
        let assertions = try self.assertions([.generate(.edDSA)])
        let verifier = try self.verifier(assertions.document, audience: "billing")
        func end(_ caller: Caller) throws -> Int64? {
            try assertions.issue(caller, audience: "billing", binding: nil, now: Self.now).map {
                try verifier.verify($0, now: Self.now).expiresAt
            }
        }
        #expect(try end(Self.session(end: Self.now + 10)) == Self.now + 10)
        let token = VerifiedToken(subject: "native", issuer: nil, expiresAt: Self.now + 20)
        #expect(try end(.bearer(token, raw: "raw")) == Self.now + 20)
        #expect(try end(.anonymous(wasDead: true)) == nil)
    }

    @Test("Both keys of a roll are published, the first signs")
    func roll() throws {
        let (old, new) = (try SigningKey.generate(.edDSA), try SigningKey.generate(.es256))
        let before = try self.assertions([old, new])
        let after = try self.assertions([new, old])
        for (made, checked) in [(before, after), (after, before)] {
            let text = try #require(
                try made.issue(Self.session(), audience: "tasks", binding: nil, now: Self.now)
            )
            _ = try self.verifier(checked.document, audience: "tasks").verify(text, now: Self.now)
        }
        #expect(!String(decoding: before.document, as: UTF8.self).contains("\"d\""))
    }

    @Test("The cache says the same for 30 seconds, per caller, claims and audience, within its bound")
    func cache() throws {
        var cache = AssertionCache(capacity: 4)
        let key = try #require(AssertionCache.Key(Self.session(), audience: "tasks"))
        cache.store(key, "one", now: 100)
        #expect(cache.lookup(key, now: 129) == "one")
        #expect(cache.lookup(key, now: 130) == nil)
        #expect(cache.lookup(key, now: 99) == nil)
        #expect(cache.lookup(try #require(.init(Self.session(), audience: "billing")), now: 100) == nil)
        #expect(cache.lookup(try #require(.init(Self.session(generation: 2), audience: "tasks")), now: 100) == nil)
        #expect(AssertionCache.Key(.anonymous(wasDead: false), audience: "tasks") == nil)
        let token = VerifiedToken(subject: "s", issuer: nil, expiresAt: 0)
        for number in 0..<10 {
            cache.store(try #require(.init(.bearer(token, raw: "\(number)"), audience: "tasks")), "x", now: 100)
            #expect(cache.count <= 4)
        }
        #expect(cache.lookup(key, now: 100) == nil)
    }

    @Test("Over live sockets: the assertion replaces the token, is said again, and the internal listener has its key")
    func live() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        let routes = [
            RouteSettings(prefix: "/api/", upstream: "app", authentication: .optional, identity: .assertion),
            {
                var route = RouteSettings(
                    prefix: "/strict/",
                    upstream: "app",
                    authentication: .optional,
                    identity: .assertion
                )
                route.strictAssertion = true
                return route
            }(),
        ]
        try await EdgeHarness.run(upstream, routes: routes) { edge in
            let cookie = try await edge.login()
            // One connection, hence one loop, one cache and one connection to the upstream.
            let browser = try await edge.connect()
            var count = 0
            func assertion(_ path: String, _ fields: [String]) async throws -> String? {
                let before = upstream.receivedByteCount
                count += 1
                let lines = ["GET \(path) HTTP/1.1", "Host: \(edge.host)"] + fields
                try await browser.send(lines.joined(separator: "\r\n") + "\r\n\r\n")
                await browser.receive(until: "hello", count: count)
                let seen = String(decoding: upstream.received(0)[before...], as: UTF8.self)
                #expect(!seen.lowercased().contains("authorization"))
                return seen.components(separatedBy: "gatecast-identity: ").dropFirst().first?
                    .components(separatedBy: "\r\n")[0]
            }
            let first = try #require(try await assertion("/api/x", [cookie, "Gatecast-Identity: forged"]))
            #expect(try await assertion("/api/y", [cookie]) == first)
            #expect(try await assertion("/api/x", ["Gatecast_Identity: forged"]) == nil)
            let native = try await assertion("/api/x", ["Authorization: Bearer \(edge.bearer("native"))"])
            #expect(native != nil && native != first)
            let strict = try await assertion("/strict/x?y=1", [cookie])
            #expect(try await assertion("/strict/x?y=1", [cookie]) != strict)

            await browser.close()

            let client = try await edge.connectInternal()
            try await client.send("GET /.well-known/jwks.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            let answer = await client.receiveAll()
            #expect(answer.contains("cache-control: public, max-age=600"))
            let document = Array(answer.components(separatedBy: "\r\n\r\n")[1].utf8)
            let keys = try KeySet(jwks: document)
            let profile = IssuerProfile(
                iss: edge.origin,
                audience: ["app"],
                source: .keys(keys),
                types: [IdentityAssertions.type]
            )
            let verifier = TokenVerifier(profiles: [(profile, keys)])
            let now = Int64(Date().timeIntervalSince1970)
            #expect(try verifier.verify(first, now: now).subject == "id-ana")
            #expect(try verifier.verify(strict ?? "", now: now).claims["htu"]?.string == "\(edge.origin)/strict/x")
            #expect(try await edge.exchange("GET", "/.well-known/jwks.json").hasPrefix("HTTP/1.1 404"))
        }
    }
}
