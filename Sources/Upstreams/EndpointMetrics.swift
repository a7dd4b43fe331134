// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Metrics

/// Handles of one endpoint, made once. The label is its configured address, so that names that move do not make new ones.
struct EndpointMetrics: Sendable {
    /// By hundreds of the status, from 1xx to 5xx.
    private let answers: [Counter]
    let failures: Counter
    let ejections: Counter
    let isUp: Meter
    let inFlight: Meter

    init(upstream: String, endpoint: String) {
        let labels = [("upstream", upstream), ("endpoint", endpoint)]
        self.answers = (1...5).map {
            Counter(label: "gatecast_upstream_answers_total", dimensions: labels + [("status", "\($0)xx")])
        }
        self.failures = Counter(label: "gatecast_upstream_endpoint_failures_total", dimensions: labels)
        self.ejections = Counter(label: "gatecast_upstream_ejections_total", dimensions: labels)
        self.isUp = Meter(label: "gatecast_upstream_endpoint_up", dimensions: labels)
        self.inFlight = Meter(label: "gatecast_upstream_endpoint_in_flight", dimensions: labels)
    }

    func answered(_ status: Int) { self.answers[max(0, min(4, status / 100 - 1))].increment() }
}
