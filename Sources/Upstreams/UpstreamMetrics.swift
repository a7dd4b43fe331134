// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Metrics

/// Counters of one upstream, made once.
struct UpstreamMetrics: Sendable {
    let connects: Counter
    let reuses: Counter
    let retries: Counter
    let droppedFields: Counter
    private let failures: [Counter]

    init(upstream: String) {
        let dimensions = [("upstream", upstream)]
        self.connects = Counter(label: "gatecast_upstream_connects_total", dimensions: dimensions)
        self.reuses = Counter(label: "gatecast_upstream_reuses_total", dimensions: dimensions)
        self.retries = Counter(label: "gatecast_upstream_retries_total", dimensions: dimensions)
        self.droppedFields = Counter(label: "gatecast_upstream_dropped_fields_total", dimensions: dimensions)
        self.failures = UpstreamError.Code.allCases.map { code in
            Counter(label: "gatecast_upstream_failures_total", dimensions: dimensions + [("code", code.rawValue)])
        }
    }

    func failed(_ code: UpstreamError.Code) {
        guard let index = UpstreamError.Code.allCases.firstIndex(of: code) else { return }
        self.failures[index].increment()
    }
}
