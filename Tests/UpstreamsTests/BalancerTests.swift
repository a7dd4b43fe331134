// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import NIOCore
import Settings
import Testing

@testable import Upstreams

@Suite("Choice of an endpoint")
struct BalancerTests {
    private func picks(_ count: Int, healthy: Set<Int>, load: [Int]) -> Set<Int> {
        var generator = SplitMix(seed: 7)
        var picks: Set<Int> = []
        for _ in 0..<200 {
            if let pick = Balancer.pick(of: count, isHealthy: healthy.contains, load: { load[$0] }, using: &generator) {
                picks.insert(pick)
            }
        }
        return picks
    }

    @Test("Of two the less loaded is taken, and the most loaded of three never")
    func load() {
        #expect(self.picks(2, healthy: [0, 1], load: [3, 1]) == [1])
        #expect(self.picks(3, healthy: [0, 1, 2], load: [1, 9, 1]) == [0, 2])
        #expect(self.picks(1, healthy: [], load: [5]) == [0])
        #expect(self.picks(0, healthy: [], load: []) == [])
    }

    @Test("Ejected endpoints are left out while half are healthy, and used below that")
    func health() {
        #expect(self.picks(4, healthy: [1, 3], load: [0, 0, 0, 0]) == [1, 3])
        #expect(self.picks(4, healthy: [1], load: [0, 0, 0, 0]) == [0, 1, 2, 3])
    }

    private func upstream(_ count: Int, adjust: (inout UpstreamSettings) -> Void = { _ in }) -> Upstream {
        var settings = UpstreamSettings(
            name: "u",
            endpoints: (1...count).map { ListenAddress(host: "127.0.0.1", port: $0) }
        )
        adjust(&settings)
        return Upstream(settings)
    }

    @Test("The fifth failure in a row ejects for 30 s, longer each time")
    func ejection() {
        let upstream = self.upstream(3)
        let bad = upstream.endpoints[0]
        var now = NIODeadline.uptimeNanoseconds(1_000_000_000)
        for _ in 0..<4 { #expect(!upstream.recordFailure(of: bad, now: now)) }
        bad.recordSuccess()
        for _ in 0..<4 { #expect(!upstream.recordFailure(of: bad, now: now)) }
        #expect(upstream.recordFailure(of: bad, now: now))
        #expect(bad.isEjected(now: now + .seconds(29)))
        now = now + .seconds(30)
        #expect(!bad.isEjected(now: now))
        for _ in 0..<5 { _ = upstream.recordFailure(of: bad, now: now) }
        #expect(bad.isEjected(now: now + .seconds(59)))
        #expect(!bad.isEjected(now: now + .seconds(60)))
        // A second of three would be more than half.
        for _ in 0..<5 { #expect(!upstream.recordFailure(of: upstream.endpoints[1], now: now)) }
        #expect(!upstream.endpoints[1].isEjected(now: now))
    }

    @Test("The only endpoint is never ejected")
    func only() {
        let upstream = self.upstream(1)
        let now = NIODeadline.uptimeNanoseconds(1)
        for _ in 0..<50 { #expect(!upstream.recordFailure(of: upstream.endpoints[0], now: now)) }
    }

    @Test("An endpoint that may not take the request is never chosen, healthy or not")
    func mayTake() {
        var generator = SplitMix(seed: 3)
        for _ in 0..<100 {
            let pick = Balancer.pick(
                of: 3,
                mayTake: { $0 != 1 },
                isHealthy: { $0 != 2 },
                load: { _ in 0 },
                using: &generator
            )
            #expect(pick == 0)
        }
        let none = Balancer.pick(
            of: 2,
            mayTake: { _ in false },
            isHealthy: { _ in true },
            load: { _ in 0 },
            using: &generator
        )
        #expect(none == nil)
    }

    @Test("A retry goes elsewhere if there is an elsewhere")
    func avoiding() {
        var generator = SplitMix(seed: 3)
        let now = NIODeadline.uptimeNanoseconds(1)
        let three = self.upstream(3)
        for _ in 0..<100 {
            let pick = three.pick(
                from: three.endpoints,
                avoiding: three.endpoints[1],
                now: now,
                using: &generator
            )
            #expect(pick !== three.endpoints[1])
        }
        let one = self.upstream(1)
        #expect(
            one.pick(from: one.endpoints, avoiding: one.endpoints[0], now: now, using: &generator)
                === one.endpoints[0]
        )
    }

    @Test("An endpoint takes its cap and not one more")
    func endpointCap() {
        let upstream = self.upstream(1) { $0.maxPerEndpoint = 2 }
        let endpoint = upstream.endpoints[0]
        var generator = SplitMix(seed: 3)
        #expect(endpoint.began(cap: 2) && endpoint.began(cap: 2) && !endpoint.began(cap: 2))
        #expect(upstream.pick(from: upstream.endpoints, now: .now(), using: &generator) == nil)
        endpoint.ended()
        #expect(upstream.pick(from: upstream.endpoints, now: .now(), using: &generator) === endpoint)
        #expect(upstream.settings.capacity == 2)
    }

    @Test("An endpoint that its checks put out is left alone, and a reload knows it still")
    func down() {
        let upstream = self.upstream(2) { $0.health = HealthSettings(path: "/") }
        upstream.endpoints[0].mark(down: true)
        var generator = SplitMix(seed: 3)
        for _ in 0..<50 {
            let pick = upstream.pick(from: upstream.endpoints, now: .now(), using: &generator)
            #expect(pick === upstream.endpoints[1])
        }
        let next = Upstream(upstream.settings, continuing: upstream)
        #expect(next.endpoints[0] === upstream.endpoints[0] && next.endpoints[0].isDown)
        var unchecked = upstream.settings
        unchecked.health = nil
        #expect(!Upstream(unchecked, continuing: next).endpoints[0].isDown)
        unchecked.endpoints[0].port = 9
        #expect(Upstream(unchecked, continuing: next).endpoints[0] !== upstream.endpoints[0])
    }

    private func read(_ yaml: String) throws -> UpstreamSettings {
        try UpstreamSettings(name: "u", node: SettingsNode.parse(yaml, file: "f", environment: [:]))
    }

    @Test("Settings are read as a list or a map")
    func settings() throws {
        #expect(try self.read("[ \"127.0.0.1:80\", \"[::1]:81\" ]").endpoints.count == 2)
        let long = try self.read(
            "{ endpoints: [ \"a:80\" ], head: 3s, maxInFlight: 5, maxWaiting: 6, wait: 1s, maxPerEndpoint: 7, "
                + "retryBudget: 0, resolve: 1m, health: { path: /h, host: x, interval: 9s, timeout: 1s } }"
        )
        #expect(long.headTimeout == .seconds(3))
        #expect([long.maxInFlight, long.maxWaiting, long.maxPerEndpoint, long.retryBudget] == [5, 6, 7, 0])
        #expect(long.waitTimeout == .seconds(1) && long.resolveInterval == .seconds(60))
        #expect(long.health?.path == "/h" && long.health?.host == "x")
        #expect(long.health?.interval == .seconds(9) && long.health?.timeout == .seconds(1))
        #expect(long.tls == nil)
    }

    @Test("https endpoints are secured, with port 443 where none is said")
    func secure() throws {
        let plain = try self.read("[ \"http://a\" ]")
        #expect(plain.endpoints == [ListenAddress(host: "a", port: 80)] && plain.tls == nil)
        let secure = try self.read("{ endpoints: [ \"https://a\", \"https://[::1]:8443/\" ], tls: { name: b } }")
        #expect(secure.endpoints == [ListenAddress(host: "a", port: 443), ListenAddress(host: "::1", port: 8443)])
        #expect(secure.tls?.name == "b")
    }

    @Test(
        "What nobody knows, and what cannot be meant, is refused",
        arguments: [
            "[]", "[ \"a:0\" ]", "[ \"a:1\", \"a:1\" ]", "[ \"a\" ]", "{ head: 3s }",
            "{ endpoints: [ \"a:1\" ], heed: 3s }", "[ \"https://a\", \"b:1\" ]", "[ \"https://a/path\" ]",
            "{ endpoints: [ \"a:1\" ], tls: { name: b } }", "{ endpoints: [ \"https://a\" ], tls: { caFile: /none } }",
            "{ endpoints: [ \"a:1\" ], health: { interval: 5s } }", "{ endpoints: [ \"a:1\" ], health: { path: h } }",
            "{ endpoints: [ \"a:1\" ], retryBudget: 101 }",
            "{ endpoints: [ \"https://a\" ], tls: { name: 10.0.0.1 } }",
        ]
    )
    func refused(yaml: String) throws {
        #expect(throws: SettingsError.self) { try self.read(yaml) }
    }
}

@Suite("An upstream after a reload")
struct UpstreamReloadTests {
    @Test("Endpoints whose address stays go on with their state; exchanges under way go on counting")
    func continuing() throws {
        let (one, two, three) = (
            ListenAddress(host: "127.0.0.1", port: 1), ListenAddress(host: "127.0.0.1", port: 2),
            ListenAddress(host: "127.0.0.1", port: 3)
        )
        var settings = UpstreamSettings(name: "a", endpoints: [one, two])
        settings.maxInFlight = 2
        settings.maxWaiting = 0
        let before = Upstream(settings)
        #expect(self.enters(before))
        before.endpoints[1].eject(now: .uptimeNanoseconds(1))

        settings.endpoints = [two, three]
        settings.maxInFlight = 1
        let after = Upstream(settings, continuing: before)
        #expect(after.endpoints[0] === before.endpoints[1])
        #expect(after.endpoints[0].isEjected(now: .uptimeNanoseconds(2)))
        #expect(after.endpoints[1].address == three)
        #expect(!self.enters(after))
        before.leave()
        #expect(self.enters(after))
    }

    private func enters(_ upstream: Upstream) -> Bool {
        let admission = upstream.enter {
            Issue.record("nobody may wait here")
            preconditionFailure("nobody may wait here")
        }
        return admission == .admitted
    }
}
