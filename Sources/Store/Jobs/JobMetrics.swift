// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Metrics

/// What a service's jobs tell Prometheus.
struct JobMetrics: Sendable {
    enum Outcome: String { case done, failed, retried, lost, released }

    let service: String

    func ended(_ kind: String, _ outcome: Outcome, took: Duration) {
        let dimensions = [("service", self.service), ("kind", kind)]
        Counter(label: "service_jobs_ended_total", dimensions: dimensions + [("outcome", outcome.rawValue)]).increment()
        Timer(label: "service_job_duration_seconds", dimensions: dimensions)
            .recordNanoseconds(Int64(took / .nanoseconds(1)))
    }

    func count(_ counts: [Job.State: Int], lag: Duration) {
        for state in [Job.State.waiting, .running, .failed] {
            Gauge(label: "service_jobs", dimensions: [("service", self.service), ("state", state.rawValue)])
                .record(counts[state] ?? 0)
        }
        Gauge(label: "service_jobs_lag_seconds", dimensions: [("service", self.service)]).record(lag / .seconds(1))
    }
}
