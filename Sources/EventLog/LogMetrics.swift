// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Metrics

/// Counters of the log and its lanes. Labels are closed sets, never topics.
enum LogMetrics {
    static let reconnects = Counter(label: "gatecast_live_log_reconnects_total")
    static let marks = Counter(label: "gatecast_live_log_marks_total")
    static let missed = Counter(label: "gatecast_live_log_missed_total")
    static let probeFailures = Counter(label: "gatecast_live_probe_failures_total")

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
