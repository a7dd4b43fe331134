// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Metrics

/// Counters of the log and its lanes. Labels are closed sets, never topics.
enum LogMetrics {
    static let reconnects = Counter(label: "gatecast_live_log_reconnects_total")
    static let marks = Counter(label: "gatecast_live_log_marks_total")
    static let missed = Counter(label: "gatecast_live_log_missed_total")
    static let probeFailures = Counter(label: "gatecast_live_probe_failures_total")
    /// From the call to the answer: durable, as far as this log goes.
    static let append = Timer(label: "gatecast_live_log_append_seconds")
    private static let probeLog = Timer(label: "gatecast_live_probe_seconds", dimensions: [("path", "log")])
    private static let probeLane = Timer(label: "gatecast_live_probe_seconds", dimensions: [("path", "lane")])

    /// Of what this node sends, until it is back.
    static func probe(_ path: ProbeState.Path) -> Timer {
        switch path {
        case .log: probeLog
        case .lane: probeLane
        }
    }

    enum Rejection: String {
        /// No topic, or one nobody may use.
        case topic
        /// Not one JSON value within the limits.
        case data
        /// A key seen within ten minutes.
        case duplicate
        /// A receiver in this process was too slow for the ephemeral lane.
        case overflow
    }

    static func rejected(_ reason: Rejection, by amount: Int = 1) {
        guard amount > 0 else { return }
        Counter(label: "gatecast_live_rejected_total", dimensions: [("reason", reason.rawValue)]).increment(by: amount)
    }
}
