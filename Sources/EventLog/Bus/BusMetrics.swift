// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Metrics

/// What a group's consumers tell Prometheus.
struct BusMetrics: Sendable {
    enum Outcome: String { case handled, retried, dead }

    let group: String

    func ended(_ outcome: Outcome) {
        Counter(label: "service_bus_events_total", dimensions: [("group", group), ("outcome", outcome.rawValue)])
            .increment()
    }

    /// Events the group was given and has not finished.
    func unfinished(_ count: Int) {
        Gauge(label: "service_bus_unfinished", dimensions: [("group", group)]).record(count)
    }
}
