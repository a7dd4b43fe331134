// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Metrics

/// What a service's outbox tells Prometheus. Names are those of the database: `tasks`, `notifications`.
struct OutboxMetrics: Sendable {
    let service: String

    private var dimensions: [(String, String)] { [("service", self.service)] }

    func delivered(_ count: Int) {
        Counter(label: "service_outbox_delivered_total", dimensions: self.dimensions).increment(by: count)
    }

    /// Each is followed by a retry.
    func failed() { Counter(label: "service_outbox_failures_total", dimensions: self.dimensions).increment() }

    func refused() { Counter(label: "service_outbox_refused_total", dimensions: self.dimensions).increment() }

    func waiting(_ rows: Int, age: Duration) {
        Gauge(label: "service_outbox_pending", dimensions: self.dimensions).record(rows)
        Gauge(label: "service_outbox_age_seconds", dimensions: self.dimensions).record(age / .seconds(1))
    }
}
