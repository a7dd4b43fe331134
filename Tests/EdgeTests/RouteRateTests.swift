// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Logging
import NIOCore
import NIOPosix
import Redis
import TestSupport
import Testing

@testable import Edge

@Suite("Rates of routes", .timeLimit(.minutes(5)))
struct RouteRateTests {
    private func route(_ rate: RouteRate, _ authentication: RouteSettings.Authentication = .none) -> RouteSettings {
        var route = RouteSettings(prefix: "/api/", upstream: "app", authentication: authentication)
        route.rate = rate
        return route
    }

    @Test("n requests of an address pass, the next is 429 with what to wait for and never reaches the upstream")
    func address() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        let limited = route(RouteRate(address: RateLimit(2, per: .seconds(3_600))))
        let free = RouteSettings(prefix: "/free/", upstream: "app", authentication: .none)
        try await EdgeHarness.run(upstream, routes: [limited, free]) { edge in
            for _ in 0..<2 { #expect(try await edge.exchange("GET", "/api/x").hasPrefix("HTTP/1.1 200")) }
            let answer = try await edge.exchange("GET", "/api/refused")
            #expect(answer.hasPrefix("HTTP/1.1 429"))
            #expect(answer.contains("\"code\":\"rate-limited\""))
            #expect(answer.contains("ratelimit-policy: \"address\";q=2;w=3600\r\n"))
            #expect(answer.contains("ratelimit: \"address\";r=0;t="))
            #expect(answer.contains("retry-after: "))
            #expect(try await edge.exchange("GET", "/free/x").hasPrefix("HTTP/1.1 200"))
            #expect(!upstream.receivedText().contains("refused"))
        }
    }

    @Test("A session has a rate of its own, whatever address it comes from; others are not touched")
    func session() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        let limited = route(RouteRate(session: RateLimit(1, per: .seconds(3_600))), .optional)
        try await EdgeHarness.run(upstream, routes: [limited]) { edge in
            let (ana, bob) = (try await edge.login("ana"), try await edge.login("bob"))
            #expect(try await edge.exchange("GET", "/api/x", [ana]).hasPrefix("HTTP/1.1 200"))
            #expect(try await edge.exchange("GET", "/api/x", [ana]).hasPrefix("HTTP/1.1 429"))
            #expect(try await edge.exchange("GET", "/api/x", [bob]).hasPrefix("HTTP/1.1 200"))
            let bearer = "Authorization: Bearer \(try edge.bearer("carol"))"
            #expect(try await edge.exchange("GET", "/api/x", [bearer]).hasPrefix("HTTP/1.1 200"))
            #expect(try await edge.exchange("GET", "/api/x", [bearer]).hasPrefix("HTTP/1.1 429"))
            for _ in 0..<3 { #expect(try await edge.exchange("GET", "/api/x").hasPrefix("HTTP/1.1 200")) }
        }
    }

    @Test("Two nodes share a count over Redis; without it each has its own", .enabled(if: RedisProcess.isAvailable))
    func shared() async throws {
        let limited = route(RouteRate(address: RateLimit(2, per: .seconds(3_600))))
        try await RedisProcess.with { server in
            try await Self.withClient(server) { client in
                let shared = Self.patient(client)
                #expect(try await Self.statuses(of: limited, shared) == ["200", "200", "429", "429"])
                let keys = try await client.send("KEYS", "gatecast:rate:*").array ?? []
                let key = try #require(keys.first?.string)
                #expect(keys.count == 1)
                #expect(key.hasPrefix("gatecast:rate:route:/api/:address:") && !key.contains("127.0.0.1"))
                #expect(try await client.send("PTTL", .string(key)).integer ?? 0 > 0)
            }
        }
        #expect(try await Self.statuses(of: limited, nil) == ["200", "200", "200", "200"])
    }

    @Test("A Redis that stalls or is gone lets the node's own count decide", .enabled(if: RedisProcess.isAvailable))
    func fallback() async throws {
        try await RedisProcess.with { server in
            try await Self.withClient(server) { client in
                let limits = Self.patient(client)
                let charge = RateCharge(name: .loginAddress, limit: RateLimit(1, per: .seconds(3_600)), key: [1])
                #expect(await limits.admit([charge]) == nil)
                #expect(await limits.admit([charge])?.charge.key == [1])
                server.pause()
                defer { server.resume() }
                // Denied a moment ago; now nobody can say, so it passes here.
                #expect(await SharedRateLimits(client: client).admit([charge]) == nil)
            }
        }
    }

    @Test("Failures are charged where they happen and asked about everywhere", .enabled(if: RedisProcess.isAvailable))
    func accounts() async throws {
        try await RedisProcess.with { server in
            try await Self.withClient(server) { client in
                let shared = Self.patient(client)
                let nodes = [AuthLimits(EdgeLimits(), shared: shared), AuthLimits(EdgeLimits(), shared: shared)]
                for round in 0..<5 {
                    try await nodes[round % 2].admit(address: [1], account: "ana", now: .now())
                    await nodes[round % 2].failed(account: "ana")
                }
                for node in nodes {
                    let refusal = await #expect(throws: Refusal.self) {
                        try await node.admit(address: [1], account: "ana", now: .now())
                    }
                    #expect(refusal?.reason == "login-account")
                }
                try await nodes[0].admit(address: [1], account: "bob", now: .now())
                nodes[0].passed(account: "bob")
            }
        }
    }

    @Test("A reload keeps the counts of a route whose rate stays, and begins anew where it changes")
    func reload() throws {
        let now = NIODeadline.now()
        let before = RouteTable([route(RouteRate(address: RateLimit(1, per: .seconds(3_600))))])
        _ = try before.routes[0].rate?.admit(address: [1], now: now)
        let same = RouteTable([route(RouteRate(address: RateLimit(1, per: .seconds(3_600))))], continuing: before)
        #expect(throws: Refusal.self) { try same.routes[0].rate?.admit(address: [1], now: now) }
        let other = RouteTable([route(RouteRate(address: RateLimit(2, per: .seconds(3_600))))], continuing: same)
        #expect(try other.routes[0].rate?.admit(address: [1], now: now) != nil)
    }

    /// Two nodes, asked in turn, twice each.
    private static func statuses(of route: RouteSettings, _ rateLimits: SharedRateLimits?) async throws -> [String] {
        let (upstream, other) = (
            try await FakeUpstream.answering(ProxyTests.hello), try await FakeUpstream.answering(ProxyTests.hello)
        )
        var statuses: [String] = []
        try await EdgeHarness.run(upstream, routes: [route], rateLimits: rateLimits) { first in
            try await EdgeHarness.run(other, routes: [route], rateLimits: rateLimits) { second in
                for edge in [first, second, first, second] {
                    let answer = try await edge.exchange("GET", "/api/x")
                    statuses.append(String(answer.dropFirst("HTTP/1.1 ".count).prefix(3)))
                }
            }
        }
        return statuses
    }

    /// On a busy machine 50 ms are nothing, and these tests are about what Redis says.
    private static func patient(_ client: RedisClient) -> SharedRateLimits {
        SharedRateLimits(client: client, bound: .seconds(60))
    }

    private static func withClient(_ server: RedisProcess, _ body: (RedisClient) async throws -> Void) async throws {
        let client = try RedisClient(
            settings: server.settings,
            group: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "rates") { _ in SwiftLogNoOpLogHandler() }
        )
        let running = Task { try await client.run() }
        defer { running.cancel() }
        try await client.waitUntilConnected()
        try await body(client)
    }
}
