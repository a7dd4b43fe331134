// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import CoreMetrics
internal import Metrics

/// What is counted beside routes and upstreams; handles are made once, and one that exists already is found again.
struct EdgeMetrics: Sendable {
    /// Of one of the loops' caches.
    struct Cache: Sendable {
        let hits: Counter
        let misses: Counter

        init(_ name: String) {
            self.hits = Self.counter(name, "hit")
            self.misses = Self.counter(name, "miss")
        }

        private static func counter(_ name: String, _ outcome: String) -> Counter {
            Counter(label: "gatecast_cache_lookups_total", dimensions: [("cache", name), ("outcome", outcome)])
        }

        func looked(_ found: Bool) { (found ? self.hits : self.misses).increment() }
    }

    let sessions = Cache("session")
    let tokens = Cache("token")
    let connections = Meter(label: "gatecast_client_connections")
    /// How much later than asked for the loop's tick came.
    let loopLag = Metrics.Timer(label: "gatecast_loop_lag_seconds")
    /// Closed at once since a cap was reached.
    let connectionsOverNode = Self.refusedConnections("node")
    let connectionsOverAddress = Self.refusedConnections("address")
    private let refusals = Refusal.Code.allCases.map {
        Counter(label: "gatecast_refusals_total", dimensions: [("code", $0.rawValue)])
    }
    private let clientsGone = Counter(label: "gatecast_refusals_total", dimensions: [("code", "client-closed")])

    func refused(_ code: Refusal.Code) {
        guard let index = Refusal.Code.allCases.firstIndex(of: code) else { return }
        self.refusals[index].increment()
    }

    private static func refusedConnections(_ cap: String) -> Counter {
        Counter(label: "gatecast_connections_refused_total", dimensions: [("cap", cap)])
    }

    func clientGone() { self.clientsGone.increment() }
}
