// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import NIOCore
import Settings
import Testing

@testable import Upstreams

@Suite("What an operator sees of an upstream")
struct UpstreamStatusTests {
    private func upstream(_ hosts: [String]) -> Upstream {
        Upstream(UpstreamSettings(name: "u", endpoints: hosts.map { ListenAddress(host: $0, port: 80) }))
    }

    @Test("An endpoint is up, ejected after five failures in a row, or down by its checks")
    func health() throws {
        let upstream = upstream(["127.0.0.1", "127.0.0.2", "127.0.0.3"])
        #expect(upstream.status().endpoints.map(\.health) == [.up, .up, .up])
        for _ in 0..<EjectionRule.failures { _ = upstream.recordFailure(of: upstream.endpoints[1], now: .now()) }
        upstream.endpoints[2].mark(down: true)
        let status = upstream.status()
        #expect(status.endpoints.map(\.health) == [.up, .ejected, .down])
        #expect(status.endpoints.map(\.address) == ["127.0.0.1:80", "127.0.0.2:80", "127.0.0.3:80"])
        #expect(status.endpoints.allSatisfy { $0.peer == nil })
        #expect(status.capacity == 1024)
        #expect(!status.isChecked)
    }

    @Test("A name is unresolved until a look-up answers, and then shows where it led")
    func names() throws {
        let upstream = upstream(["app.internal"])
        #expect(upstream.status().endpoints.map(\.health) == [.unresolved])
        let found = try SocketAddress(ipAddress: "10.0.0.7", port: 80)
        _ = upstream.found([ListenAddress(host: "app.internal", port: 80): [[found]]])
        let endpoint = try #require(upstream.status().endpoints.first)
        #expect(endpoint == .init(address: "app.internal:80", peer: "10.0.0.7", health: .up, inFlight: 0))
    }

    @Test("Exchanges under way are counted at the endpoint and over all")
    func inFlight() {
        let upstream = upstream(["127.0.0.1"])
        #expect(upstream.endpoints[0].began(cap: 0))
        #expect(upstream.status().endpoints.map(\.inFlight) == [1])
        upstream.endpoints[0].ended()
        #expect(upstream.status().endpoints.map(\.inFlight) == [0])
    }
}
