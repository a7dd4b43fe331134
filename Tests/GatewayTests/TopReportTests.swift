// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Testing

@testable import gatecast

@Suite("gatecast top")
struct TopReportTests {
    private static let start = ContinuousClock.now

    private func sample(
        after seconds: Int = 0,
        events: Int = 0,
        ready: String = #"{"ready":true,"draining":false,"log":"ok"}"#,
        rows: String = ""
    ) throws -> TopSample {
        try TopSample(
            metrics: """
                # HELP gatecast_live_connections Live connections now, by transport.
                # TYPE gatecast_live_connections gauge
                gatecast_live_connections{transport="websocket"} 12
                gatecast_live_connections{transport="sse"} 3
                gatecast_live_subscriptions 30
                gatecast_live_reading 1
                gatecast_live_events_total{lane="log"} \(events)
                gatecast_live_events_total{lane="ephemeral"} 5
                gatecast_live_deliveries_total{transport="websocket",mode="live"} \(events * 10)
                gatecast_live_deliveries_total{transport="sse",mode="live"} \(events * 2)
                gatecast_live_bytes_out_total 1.5e+06
                """,
            connections: Array(#"{"count":15,"connections":[\#(rows)]}"#.utf8),
            readiness: Array(ready.utf8),
            at: Self.start + .seconds(seconds)
        )
    }

    @Test("Sums run over all labels, or over those asked for")
    func sums() throws {
        let sample = try sample(events: 7)
        #expect(sample.sum("gatecast_live_connections") == 15)
        #expect(sample.sum("gatecast_live_events_total", where: "\"log\"") == 7)
        #expect(sample.sum("gatecast_live_deliveries_total") == 84)
        #expect(sample.sum("nothing") == 0)
    }

    @Test("Rates are the difference of two looks; the first look has none")
    func rates() throws {
        let first = try sample(events: 100)
        #expect(!TopReport(now: first, before: nil, width: nil).text.contains("per second"))
        let text = TopReport(now: try sample(after: 2, events: 300), before: first, width: nil).text
        #expect(text.contains("ready  connections 15 (websocket 12, sse 3, poll 0)  topics 30  reading 1"))
        #expect(text.contains("log events 100  ephemeral 0  deliveries 1.2k"))
        // A node that was restarted counts from zero: no rate is negative.
        let restarted = TopReport(now: try sample(after: 4), before: try sample(events: 300), width: nil).text
        #expect(restarted.contains("log events 0"))
    }

    @Test("A node that is not ready says why; lines are cut to the terminal, and no name moves its cursor")
    func shows() throws {
        let row =
            #"{"user":"ev\u001b[2Jil","session":"s","transport":"sse","age_seconds":9,"topics":["a","b"],"reading":true,"lag_ms":1200,"in_flight_bytes":2048,"idle_seconds":4}"#
        let sample = try sample(ready: #"{"ready":false,"draining":false,"log":"no answer"}"#, rows: row)
        let text = TopReport(now: sample, before: nil, width: nil).text
        #expect(text.hasPrefix("NOT READY  "))
        #expect(text.contains("not ready: log: no answer"))
        #expect(text.contains("ev?[2Jil"))
        #expect(text.contains("1200 ms"))
        #expect(text.contains("2.0k"))
        #expect(!text.unicodeScalars.contains("\u{1B}"))
        let narrow = TopReport(now: sample, before: nil, width: 20).text
        #expect(narrow.split(separator: "\n").allSatisfy { $0.count <= 20 })
    }

    @Test(
        "Numbers are short",
        arguments: [(0.0, "0"), (999, "999"), (1000, "1.0k"), (0.25, "0.3"), (2_500_000, "2.5M"), (3e9, "3.0G")]
    )
    func short(value: Double, text: String) {
        #expect(TopReport.short(value) == text)
    }
}
