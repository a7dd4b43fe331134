// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Metrics

/// Rate, errors and duration of one route. Handles are made once; a request touches four of them.
struct RouteMetrics: Sendable {
    /// `gatecast_requests_total{route,upstream,status="2xx"}`, by hundreds of the status.
    private let requests: [Counter]
    private let seconds: Metrics.Timer
    private let received: Counter
    private let sent: Counter

    init(route: String, upstream: String) {
        let labels = [("route", route), ("upstream", upstream)]
        self.requests = (1...5).map {
            Counter(label: "gatecast_requests_total", dimensions: labels + [("status", "\($0)xx")])
        }
        self.seconds = Metrics.Timer(label: "gatecast_request_duration_seconds", dimensions: labels)
        self.received = Counter(label: "gatecast_request_body_bytes_total", dimensions: labels)
        self.sent = Counter(label: "gatecast_response_body_bytes_total", dimensions: labels)
    }

    func record(status: Int, nanoseconds: Int64, received: Int, sent: Int) {
        self.requests[max(0, min(4, status / 100 - 1))].increment()
        self.seconds.recordNanoseconds(nanoseconds)
        if received > 0 { self.received.increment(by: received) }
        if sent > 0 { self.sent.increment(by: sent) }
    }
}
