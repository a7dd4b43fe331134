// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Metrics

/// Handles of one upstream, made once.
struct UpstreamMetrics: Sendable {
    let connects: Counter
    let reuses: Counter
    /// A kept connection turned out to be closed, and the request went over a fresh one.
    let refreshes: Counter
    let retries: Counter
    let retriesRefused: Counter
    let droppedFields: Counter
    let headSeconds: Metrics.Timer
    let waitSeconds: Metrics.Timer
    let inFlight: Meter
    let waiting: Meter
    private let failures: [Counter]

    init(upstream: String) {
        let dimensions = [("upstream", upstream)]
        self.connects = Counter(label: "gatecast_upstream_connects_total", dimensions: dimensions)
        self.reuses = Counter(label: "gatecast_upstream_reuses_total", dimensions: dimensions)
        self.refreshes = Counter(label: "gatecast_upstream_refreshes_total", dimensions: dimensions)
        self.retries = Counter(label: "gatecast_upstream_retries_total", dimensions: dimensions)
        self.retriesRefused = Counter(label: "gatecast_upstream_retries_refused_total", dimensions: dimensions)
        self.droppedFields = Counter(label: "gatecast_upstream_dropped_fields_total", dimensions: dimensions)
        self.headSeconds = Metrics.Timer(label: "gatecast_upstream_head_seconds", dimensions: dimensions)
        self.waitSeconds = Metrics.Timer(label: "gatecast_upstream_wait_seconds", dimensions: dimensions)
        self.inFlight = Meter(label: "gatecast_upstream_in_flight", dimensions: dimensions)
        self.waiting = Meter(label: "gatecast_upstream_waiting", dimensions: dimensions)
        self.failures = UpstreamError.Code.allCases.map { code in
            Counter(label: "gatecast_upstream_failures_total", dimensions: dimensions + [("code", code.rawValue)])
        }
    }

    func failed(_ code: UpstreamError.Code) {
        guard let index = UpstreamError.Code.allCases.firstIndex(of: code) else { return }
        self.failures[index].increment()
    }
}
