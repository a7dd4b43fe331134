// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import CoreMetrics
internal import Testing

@testable internal import Observability

@Suite("The Prometheus registry")
struct PrometheusTests {
    private let registry = PrometheusRegistry(maxSeries: 3, showsProcess: false)

    private func counter(_ label: String, _ dimensions: [(String, String)] = []) -> Counter {
        Counter(label: label, dimensions: dimensions, factory: registry)
    }

    @Test("shows counters, gauges and histograms as text format 0.0.4")
    func exposition() {
        registry.describe("gatecast.live.joins", "Connections that joined.\nEver.")
        counter("gatecast.live.joins", [("transport", "ws"), ("resumed", "yes")]).increment(by: 3)
        counter("gatecast.live.joins", [("resumed", "yes"), ("transport", "ws")]).increment()
        counter("gatecast.live.joins", [("transport", "a\"b\\c\n"), ("resumed", "no")]).increment()
        Gauge(label: "gatecast.live.connections", factory: registry).record(12)
        let meter = Meter(label: "gatecast.ring.bytes", factory: registry)
        meter.set(1.5)
        meter.increment(by: 2)
        meter.decrement(by: 1)
        let timer = Timer(label: "gatecast.live.delivery", factory: registry)
        timer.recordMilliseconds(1)
        timer.recordMilliseconds(20)
        timer.recordSeconds(60)
        let text = registry.exposition()
        #expect(
            text.contains(
                """
                # HELP gatecast_live_connections gatecast.live.connections
                # TYPE gatecast_live_connections gauge
                gatecast_live_connections 12

                """
            )
        )
        #expect(
            text.contains(
                #"""
                # HELP gatecast_live_joins_total Connections that joined.\nEver.
                # TYPE gatecast_live_joins_total counter
                gatecast_live_joins_total{resumed="no",transport="a\"b\\c\n"} 1
                gatecast_live_joins_total{resumed="yes",transport="ws"} 4

                """#
            )
        )
        #expect(text.contains("gatecast_ring_bytes 2.5\n"))
        #expect(text.contains("# TYPE gatecast_live_delivery_seconds histogram\n"))
        for line in [
            #"_bucket{le="0.0005"} 0"#, #"_bucket{le="0.001"} 1"#, #"_bucket{le="0.01"} 1"#, #"_bucket{le="0.025"} 2"#,
            #"_bucket{le="30"} 2"#, #"_bucket{le="+Inf"} 3"#, "_sum 60.021", "_count 3",
        ] {
            #expect(text.contains("gatecast_live_delivery_seconds\(line)\n"), "\(line)")
        }
        #expect(!text.contains("overflow"))
    }

    @Test("makes names that Prometheus accepts")
    func names() {
        #expect(MetricName.metric("gatecast.live-x é", suffix: "_total") == "gatecast_live_x____total")
        #expect(MetricName.metric("requests_total", suffix: "_total") == "requests_total")
        #expect(MetricName.metric("9lives") == "_9lives")
        #expect(MetricName.metric("") == "_")
        #expect(MetricName.label("__name__") == "_name__")
        #expect(MetricName.label("a:b") == "a_b")
    }

    @Test("counts label sets beyond the limit together, loses none, and says so")
    func cardinality() {
        for user in 0..<10 { counter("c", [("user", "\(user)")]).increment() }
        let text = registry.exposition()
        #expect(text.contains(#"c_total{user="2"} 1"#))
        #expect(!text.contains(#"c_total{user="3"}"#))
        #expect(text.contains(#"c_total{user="other"} 7"#))
        #expect(text.contains(#"gatecast_metrics_rejected_total{metric="c_total",reason="overflow"} 7"#))
        for user in 0..<5 { Gauge(label: "g", dimensions: [("user", "\(user)")], factory: registry).record(1) }
        #expect(!registry.exposition().contains(#"g{user="other"}"#))
    }

    @Test("refuses one name for two kinds, without disturbing the first")
    func kinds() {
        counter("thing_total").increment(by: 2)
        Gauge(label: "thing_total", factory: registry).record(99)
        let text = registry.exposition()
        #expect(text.contains("\nthing_total 2\n"))
        #expect(!text.contains("99"))
        #expect(text.contains(#"gatecast_metrics_rejected_total{metric="thing_total",reason="kind"} 1"#))
    }

    @Test("gives equal labels one series, and forgets it when told")
    func identity() {
        let first = counter("c", [("a", "1")])
        counter("c", [("a", "1")]).increment()
        first.increment()
        #expect(registry.exposition().contains(#"c_total{a="1"} 2"#))
        first.destroy()
        #expect(!registry.exposition().contains("c_total{"))
    }

    @Test("counts exactly from many threads")
    func threads() async {
        let counter = counter("c")
        let floating = FloatingPointCounter(label: "f", factory: registry)
        let timer = Timer(label: "t", factory: registry)
        await withTaskGroup { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<10_000 {
                        counter.increment()
                        floating.increment(by: 0.5)
                        timer.recordSeconds(1)
                    }
                }
            }
        }
        let text = registry.exposition()
        for line in ["c_total 40000", "f_total 20000", "t_seconds_count 40000", "t_seconds_sum 40000"] {
            #expect(text.contains("\n\(line)\n"), "\(line)")
        }
    }

    @Test("ignores what is no number, and counters that go back")
    func nonsense() {
        let counter = counter("c")
        counter.increment(by: 5)
        counter.increment(by: -3)
        let recorder = Recorder(label: "size_bytes", factory: registry)
        recorder.record(Double.nan)
        recorder.record(100)
        let text = registry.exposition()
        #expect(text.contains("\nc_total 5\n"))
        #expect(text.contains("size_bytes_count 1\n"))
        #expect(text.contains(#"size_bytes_bucket{le="256"} 1"#))
        #expect(text.contains(#"size_bytes_bucket{le="64"} 0"#))
    }

    @Test("shows the process under its usual names")
    func process() throws {
        let families = ProcessMetrics.read()
        func value(_ name: String) throws -> Double {
            let family = try #require(families.first { $0.name == name })
            guard case .number(let value) = family.series[0].value else { return .nan }
            return value
        }
        #expect(try value("process_resident_memory_bytes") > 1_000_000)
        #expect(try value("process_open_fds") >= 3)
        #expect(try value("process_max_fds") >= value("process_open_fds"))
        #expect(try value("process_start_time_seconds") > 1_700_000_000)
        #expect(try value("process_cpu_seconds_total") >= 0)
        #expect(PrometheusRegistry().exposition().contains("process_threads "))
    }

    @Test("A program's name cannot disturb the reading of its numbers")
    func procStat() {
        let text = "42 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23"
        let stat = ProcessStatistics(text: text)
        #expect(stat?.cpuTicks == 23.0)
        #expect(stat?.residentPages == 21.0)
        #expect(ProcessStatistics(text: "") == nil)
        #expect(ProcessStatistics(text: "1 (x) S 1") == nil)
    }
}
