// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import TestSupport
import Testing
import Tokens

@testable import Edge

@Suite("Sessions at the edge", .timeLimit(.minutes(5)))
struct AuthTests {
    private static let json = ["Content-Type: application/json", "Sec-Fetch-Site: same-origin"]
    private static let routes = [
        RouteSettings(prefix: "/api/", upstream: "app", authentication: .required),
        RouteSettings(prefix: "/open/", upstream: "app", authentication: .optional),
        RouteSettings(prefix: "/", upstream: "app", authentication: .optional, session: .pass),
    ]

    private func run(_ body: (EdgeHarness, FakeUpstream) async throws -> Void) async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(upstream, routes: Self.routes) { try await body($0, upstream) }
    }

    @Test("Log in, be known, log out")
    func journey() async throws {
        try await self.run { edge, upstream in
            let answer = try await edge.exchange(
                "POST",
                "/auth/login",
                Self.json,
                body: "{\"username\":\"ana\",\"password\":\"right\"}"
            )
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            #expect(answer.contains("\"authenticated\":true"))
            #expect(answer.contains("\"id\":\"id-ana\""))
            #expect(answer.contains("\"username\":\"ana\""))
            #expect(answer.contains("cache-control: no-store"))
            #expect(!answer.contains(edge.provider.accessToken("ana")))
            #expect(answer.contains("Path=/; Secure; HttpOnly; SameSite=Lax"))

            let cookie = try await edge.login()
            #expect(try await edge.exchange("GET", "/auth/session", [cookie]).contains("\"authenticated\":true"))
            let read = try await edge.exchange("GET", "/api/x", [cookie + "; theme=dark"])
            #expect(read.hasPrefix("HTTP/1.1 200"))
            #expect(read.contains("cache-control: private"))
            let seen = upstream.receivedText()
            #expect(seen.contains("authorization: Bearer \(edge.provider.accessToken("ana"))\r\n"))
            #expect(seen.contains("cookie: theme=dark\r\n"))
            #expect(!seen.contains("__Host"))

            let out = try await edge.exchange("POST", "/auth/logout", [cookie, "Sec-Fetch-Site: same-origin"])
            #expect(out.hasPrefix("HTTP/1.1 204"))
            #expect(out.contains("Max-Age=0"))
            let after = try await edge.exchange("GET", "/api/x", [cookie])
            #expect(after.hasPrefix("HTTP/1.1 401"))
            #expect(after.contains("\"code\":\"session-ended\""))
            #expect(after.contains("Max-Age=0"))
            let open = try await edge.exchange("GET", "/open/x", [cookie])
            #expect(open.hasPrefix("HTTP/1.1 200"))
            #expect(open.contains("Max-Age=0"))
        }
    }

    @Test("A page server's route gets our cookie and no token")
    func pageRoute() async throws {
        try await self.run { edge, upstream in
            let cookie = try await edge.login()
            #expect(try await edge.exchange("GET", "/page", [cookie]).hasPrefix("HTTP/1.1 200"))
            #expect(upstream.receivedText().lowercased().contains(cookie.lowercased()))
            #expect(!upstream.receivedText().contains("authorization"))
        }
    }

    @Test("The cross-site rule stands before the session, on login too")
    func crossSite() async throws {
        try await self.run { edge, upstream in
            let cookie = try await edge.login()
            for fields in [
                [cookie], [cookie, "Sec-Fetch-Site: cross-site"], [cookie, "Origin: https://evil.example"],
                [cookie, "Origin: null"],
            ] {
                let answer = try await edge.exchange("POST", "/api/x", fields)
                #expect(answer.contains("\"code\":\"csrf-refused\""))
                #expect(answer.contains("vary: Sec-Fetch-Site, Origin"))
            }
            #expect(
                try await edge.exchange("POST", "/api/x", [cookie, "Origin: \(edge.origin)"]).hasPrefix("HTTP/1.1 200")
            )
            let login = try await edge.exchange(
                "POST",
                "/auth/login",
                ["Content-Type: application/json"],
                body: "{\"username\":\"ana\",\"password\":\"right\"}"
            )
            #expect(login.contains("\"code\":\"csrf-refused\""))
            #expect(upstream.connectionCount == 1)
        }
    }

    @Test("Bearer tokens are verified; both credentials must be one user")
    func bearer() async throws {
        try await self.run { edge, upstream in
            let token = try edge.bearer("id-ana")
            #expect(
                try await edge.exchange("POST", "/api/x", ["Authorization: Bearer \(token)"]).hasPrefix("HTTP/1.1 200")
            )
            #expect(upstream.receivedText().contains("authorization: Bearer \(token)\r\n"))
            let bad = try await edge.exchange("GET", "/open/x", ["Authorization: Bearer nonsense"])
            #expect(bad.contains("\"code\":\"invalid-token\""))
            #expect(bad.contains("www-authenticate: Bearer"))
            let cookie = try await edge.login()
            let other = try edge.bearer("id-bob")
            let mixed = try await edge.exchange("GET", "/api/x", [cookie, "Authorization: Bearer \(other)"])
            #expect(mixed.contains("\"code\":\"ambiguous-credentials\""))
            let same = try await edge.exchange("GET", "/api/x", [cookie, "Authorization: Bearer \(token)"])
            #expect(same.hasPrefix("HTTP/1.1 200"))
            let twice = try await edge.exchange("GET", "/api/x", [cookie, cookie])
            #expect(twice.contains("\"code\":\"ambiguous-credentials\""))
            #expect(try await edge.exchange("GET", "/api/x").contains("\"code\":\"login-required\""))
        }
    }

    @Test("A revoked bearer is refused on its next request, though its verdict was cached; others are not")
    func revoked() async throws {
        try await self.run { edge, _ in
            let now = Int64(Date().timeIntervalSince1970)
            let (anas, bobs) = (try edge.bearer("id-ana"), try edge.bearer("id-bob"))
            for _ in 0..<8 {
                for token in [anas, bobs] {
                    let answer = try await edge.exchange("GET", "/api/x", ["Authorization: Bearer \(token)"])
                    #expect(answer.hasPrefix("HTTP/1.1 200"))
                }
            }
            try edge.tokens.revoke(.init(.user("id-ana", issuedUntil: now), until: now + 600), now: now)
            for _ in 0..<8 {
                let refused = try await edge.exchange("GET", "/api/x", ["Authorization: Bearer \(anas)"])
                #expect(refused.contains("\"code\":\"invalid-token\""))
                let other = try await edge.exchange("GET", "/api/x", ["Authorization: Bearer \(bobs)"])
                #expect(other.hasPrefix("HTTP/1.1 200"))
            }
            // Nobody can say yet what is revoked: doubt, and no 401.
            edge.tokens.expectRevocations()
            let fresh = try edge.bearer("id-cleo")
            let doubt = try await edge.exchange("GET", "/api/x", ["Authorization: Bearer \(fresh)"])
            #expect(doubt.contains("\"code\":\"keys-unavailable\""))
            #expect(doubt.contains("retry-after: 1"))
        }
    }

    @Test("Bodies: type, size at n and n + 1, syntax")
    func bodies() async throws {
        try await self.run { edge, _ in
            let form = try await edge.exchange(
                "POST",
                "/auth/login",
                ["Content-Type: text/plain", "Sec-Fetch-Site: same-origin"],
                body: "x"
            )
            #expect(form.contains("\"code\":\"type-refused\""))
            for excess in [0, 1] {
                let start = "{\"username\":\"ana\",\"password\":\"right\",\"more\":\""
                let body = start + String(repeating: "x", count: 4_096 - start.utf8.count - 2 + excess) + "\"}"
                let answer = try await edge.exchange("POST", "/auth/login", Self.json, body: body)
                #expect(answer.hasPrefix(excess == 0 ? "HTTP/1.1 200" : "HTTP/1.1 413"))
            }
            for body in ["{", "[]", "{\"a\":1,\"a\":2}"] {
                #expect(try await edge.exchange("POST", "/auth/login", Self.json, body: body).hasPrefix("HTTP/1.1 400"))
            }
        }
    }

    @Test("Registering logs in; the backend's field errors come through")
    func register() async throws {
        try await self.run { edge, _ in
            let body = "{\"username\":\"new\",\"password\":\"right\"}"
            let answer = try await edge.exchange("POST", "/auth/register", Self.json, body: body)
            #expect(answer.contains("\"authenticated\":true"))
            let taken = try await edge.exchange(
                "POST",
                "/auth/register",
                Self.json,
                body: "{\"username\":\"taken\",\"password\":\"right\"}"
            )
            #expect(taken.hasPrefix("HTTP/1.1 422"))
            #expect(taken.contains("\"errors\":{\"username\":[\"is taken\"]}"))
        }
    }

    @Test("The sixth failure of an account in a minute is 429 and does not reach the backend")
    func loginLimit() async throws {
        try await self.run { edge, _ in
            let body = "{\"username\":\"eve\",\"password\":\"wrong\"}"
            for _ in 0..<5 {
                let answer = try await edge.exchange("POST", "/auth/login", Self.json, body: body)
                #expect(answer.contains("\"code\":\"invalid-credentials\""))
            }
            let answer = try await edge.exchange("POST", "/auth/login", Self.json, body: body)
            #expect(answer.hasPrefix("HTTP/1.1 429"))
            #expect(answer.contains("retry-after: "))
            #expect(edge.provider.logins == 5)
        }
    }

    @Test("One's own sessions are listed and ended by public id")
    func sessionList() async throws {
        try await self.run { edge, _ in
            let first = try await edge.login()
            let second = try await edge.login()
            let list = try await edge.exchange("GET", "/auth/sessions", [first])
            #expect(list.components(separatedBy: "\"current\":true").count == 2)
            #expect(list.components(separatedBy: "\"current\":false").count == 2)
            let missing = try await edge.exchange(
                "DELETE",
                "/auth/sessions/none",
                [first, "Sec-Fetch-Site: same-origin"]
            )
            #expect(missing.hasPrefix("HTTP/1.1 404"))
            let others = try await edge.exchange("DELETE", "/auth/sessions", [first, "Sec-Fetch-Site: same-origin"])
            #expect(others.hasPrefix("HTTP/1.1 204"))
            #expect(try await edge.exchange("GET", "/api/x", [first]).hasPrefix("HTTP/1.1 200"))
            #expect(try await edge.exchange("GET", "/api/x", [second]).hasPrefix("HTTP/1.1 401"))
        }
    }

    @Test("The internal listener serves server-side fetches, says a public Host upstream, and no page routes")
    func internalListener() async throws {
        try await self.run { edge, upstream in
            let cookie = try await edge.login()
            let client = try await edge.connectInternal()
            try await client.send("POST /api/x HTTP/1.1\r\nHost: localhost:\(edge.internalPort)\r\n\(cookie)\r\n\r\n")
            #expect(await client.receive(until: "hello").hasPrefix("HTTP/1.1 200"))
            #expect(upstream.receivedText().contains("host: \(edge.host)\r\n"))
            try await client.send("GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(await client.receive(until: "no-route").contains("no-route"))
            try await client.send(
                "GET /api/x HTTP/1.1\r\nHost: \(edge.host.replacingOccurrences(of: "localhost", with: "evil"))\r\n\r\n"
            )
            #expect(await client.receive(until: "host-not-served").contains("421"))
            await client.close()
        }
    }
}
