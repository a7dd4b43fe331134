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

    private func upstream(_ count: Int) -> Upstream {
        Upstream(UpstreamSettings(name: "u", endpoints: (1...count).map { ListenAddress(host: "127.0.0.1", port: $0) }))
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

    @Test("The cap admits exactly its number")
    func cap() {
        var settings = UpstreamSettings(name: "u", endpoints: [ListenAddress(host: "127.0.0.1", port: 1)])
        settings.maxInFlight = 2
        let upstream = Upstream(settings)
        #expect(upstream.admit() && upstream.admit() && !upstream.admit())
        upstream.leave()
        #expect(upstream.admit())
    }

    @Test("Settings are read as a list or a map, and what nobody knows is refused")
    func settings() throws {
        func read(_ yaml: String) throws -> UpstreamSettings {
            try UpstreamSettings(name: "u", node: SettingsNode.parse(yaml, file: "f", environment: [:]))
        }
        #expect(try read("[ \"127.0.0.1:80\", \"[::1]:81\" ]").endpoints.count == 2)
        #expect(try read("{ endpoints: [ \"a:80\" ], head: 3s, maxInFlight: 5 }").headTimeout == .seconds(3))
        for wrong in [
            "[]", "[ \"a:0\" ]", "[ \"a:1\", \"a:1\" ]", "[ \"a\" ]", "{ head: 3s }",
            "{ endpoints: [ \"a:1\" ], heed: 3s }",
        ] {
            #expect(throws: SettingsError.self, "\(wrong)") { try read(wrong) }
        }
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
        let before = Upstream(settings)
        #expect(before.admit())
        before.endpoints[1].eject(now: .uptimeNanoseconds(1))

        settings.endpoints = [two, three]
        settings.maxInFlight = 1
        let after = Upstream(settings, continuing: before)
        #expect(after.endpoints[0] === before.endpoints[1])
        #expect(after.endpoints[0].isEjected(now: .uptimeNanoseconds(2)))
        #expect(after.endpoints[1].address == three)
        #expect(!after.admit())
        before.leave()
        #expect(after.admit())
    }
}
