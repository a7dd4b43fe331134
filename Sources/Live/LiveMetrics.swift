// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Metrics
internal import Wire

/// The handles of live.md §9, made once. No label names a topic or a user.
final class LiveMetrics: Sendable {
    private let connections: [LiveTransport: Meter]
    private let joins: [LiveTransport: (fresh: Counter, resumed: Counter)]
    private let closes: [CloseCode: Counter]
    private let lost: Counter
    private let gaps: [GapReason: Counter]
    let reading = Meter(label: "gatecast_live_reading")
    let subscriptions = Meter(label: "gatecast_live_subscriptions")
    let logEvents = Counter(label: "gatecast_live_events_total", dimensions: [("lane", "log")])
    let ephemeralEvents = Counter(label: "gatecast_live_events_total", dimensions: [("lane", "ephemeral")])
    let unreadable = Counter(label: "gatecast_live_rejected_total", dimensions: [("reason", "unreadable")])
    let tooBig = Counter(label: "gatecast_live_rejected_total", dimensions: [("reason", "too_big")])
    let deliveries: [LiveTransport: (live: Counter, replay: Counter)]
    let bytesOut = Counter(label: "gatecast_live_bytes_out_total")
    let delivery = Timer(label: "gatecast_live_delivery_seconds")
    let inFlight = Gauge(label: "gatecast_live_inflight_bytes")
    /// From `hello` of a connection that resumed to the moment it was live.
    let replay = Timer(label: "gatecast_live_replay_seconds")
    /// From hearing of an end to the close frame.
    let sessionClose = Timer(label: "gatecast_live_session_close_seconds")
    /// One look of a loop into its inbox.
    let turn = Timer(label: "gatecast_live_loop_turn_seconds")
    let logAge = Gauge(label: "gatecast_live_log_age_seconds")
    let ringSpan = Gauge(label: "gatecast_live_ring_span_seconds")
    let drainRemaining = Gauge(label: "gatecast_live_drain_remaining")
    let ringBytes = Gauge(label: "gatecast_live_ring_bytes")

    init() {
        var connections: [LiveTransport: Meter] = [:]
        var joins: [LiveTransport: (fresh: Counter, resumed: Counter)] = [:]
        var deliveries: [LiveTransport: (live: Counter, replay: Counter)] = [:]
        for transport in LiveTransport.allCases {
            let label = ("transport", transport.rawValue)
            connections[transport] = Meter(label: "gatecast_live_connections", dimensions: [label])
            joins[transport] = (
                Counter(label: "gatecast_live_joins_total", dimensions: [label, ("resumed", "false")]),
                Counter(label: "gatecast_live_joins_total", dimensions: [label, ("resumed", "true")])
            )
            deliveries[transport] = (
                Counter(label: "gatecast_live_deliveries_total", dimensions: [label, ("mode", "live")]),
                Counter(label: "gatecast_live_deliveries_total", dimensions: [label, ("mode", "replay")])
            )
        }
        self.connections = connections
        self.joins = joins
        self.deliveries = deliveries
        closes = Dictionary(
            uniqueKeysWithValues: CloseCode.allCases.map {
                ($0, Counter(label: "gatecast_live_closes_total", dimensions: [("code", String($0.rawValue))]))
            }
        )
        lost = Counter(label: "gatecast_live_closes_total", dimensions: [("code", "none")])
        gaps = Dictionary(
            uniqueKeysWithValues: GapReason.allCases.map {
                ($0, Counter(label: "gatecast_live_gaps_total", dimensions: [("why", $0.rawValue)]))
            }
        )
    }

    func joined(_ transport: LiveTransport, resumed: Bool) {
        connections[transport]?.increment()
        if resumed { joins[transport]?.resumed.increment() } else { joins[transport]?.fresh.increment() }
    }

    /// `code` nil: the client went away.
    func left(_ transport: LiveTransport, code: CloseCode?) {
        connections[transport]?.decrement()
        closed(code)
    }

    func closed(_ code: CloseCode?) {
        if let code { closes[code]?.increment() } else { lost.increment() }
    }

    func gap(_ why: GapReason) { gaps[why]?.increment() }
}
