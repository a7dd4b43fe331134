// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import CoreMetrics
internal import Metrics

/// Of one tunnel route; handles are made once.
struct TunnelMetrics: Sendable {
    private let labels: [(String, String)]
    let open: Meter
    /// From clients to the upstream.
    let up: Counter
    /// From the upstream to clients.
    let down: Counter

    init(route: String, upstream: String) {
        self.labels = [("route", route), ("upstream", upstream)]
        self.open = Meter(label: "gatecast_tunnels_open", dimensions: self.labels)
        self.up = Counter(label: "gatecast_tunnel_bytes_total", dimensions: self.labels + [("direction", "up")])
        self.down = Counter(label: "gatecast_tunnel_bytes_total", dimensions: self.labels + [("direction", "down")])
    }

    func ended(_ end: TunnelEnd) {
        self.open.decrement()
        Counter(label: "gatecast_tunnel_closes_total", dimensions: self.labels + [("reason", end.label)]).increment()
    }
}
