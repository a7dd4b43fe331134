// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Settings
import StrictJSON
import TestSupport
import Testing

@testable import Observability

@Suite("OTLP export", .timeLimit(.minutes(5)))
struct OTLPTests {
    private func span(_ number: UInt64, name: String = "GET /") -> SpanRecord {
        SpanRecord(
            trace: TraceID(high: 1, low: 0xA),
            span: number,
            parent: 0,
            kind: .server,
            name: name,
            start: 1_700_000_000_000_000_001,
            end: 1_700_000_000_000_000_009
        )
    }

    // MARK: Payload

    @Test("A span is written as the protocol's JSON")
    func payload() throws {
        var span = self.span(0xB, name: "GET \"/\"")
        span.parent = 0xC
        span.attributes = [("http.route", .text("/a\n")), ("http.response.status_code", .number(502))]
        span.isError = true
        span.link = TraceContext(trace: TraceID(high: 2, low: 3), span: 4, isSampled: true)
        let json = OTLPPayload.encode([span, self.span(5)], resource: [("service.name", "gatecast")])
        let value = try JSONScanner.parse(json)
        let scope = value["resourceSpans"]?.array?.first
        #expect(scope?["resource"]?["attributes"]?.array?.first?["value"]?["stringValue"]?.string == "gatecast")
        let first = scope?["scopeSpans"]?.array?.first?["spans"]?.array?.first
        #expect(first?["traceId"]?.string == "0000000000000001000000000000000a")
        #expect(first?["spanId"]?.string == "000000000000000b")
        #expect(first?["parentSpanId"]?.string == "000000000000000c")
        #expect(first?["name"]?.string == "GET \"/\"")
        #expect(first?["startTimeUnixNano"]?.string == "1700000000000000001")
        #expect(first?["attributes"]?.array?.first?["value"]?["stringValue"]?.string == "/a\n")
        #expect(first?["attributes"]?.array?.last?["value"]?["intValue"]?.string == "502")
        #expect(first?["links"]?.array?.first?["spanId"]?.string == "0000000000000004")
        #expect(String(decoding: json, as: UTF8.self).contains(#""status":{"code":2}"#))
        let second = scope?["scopeSpans"]?.array?.first?["spans"]?.array?.last
        #expect(second?["spanId"]?.string == "0000000000000005" && second?["parentSpanId"] == nil)
    }

    // MARK: Decisions

    @Test("Busy and unreachable collectors are asked again, five times in all; a refusal is final")
    func backoff() {
        #expect(ExportBackoff.outcome(status: 200, retryAfter: nil) == .accepted)
        #expect(ExportBackoff.outcome(status: 400, retryAfter: "1") == .refused)
        #expect(ExportBackoff.outcome(status: 503, retryAfter: "7") == .unavailable(retryAfter: .seconds(7)))
        #expect(ExportBackoff.outcome(status: 429, retryAfter: "soon") == .unavailable(retryAfter: nil))
        var backoff = ExportBackoff(first: .seconds(1))
        #expect(backoff.step(after: .unavailable(retryAfter: nil), chance: 1) == .wait(.seconds(1)))
        #expect(backoff.step(after: .unavailable(retryAfter: nil), chance: 0) == .wait(.seconds(1)))
        #expect(backoff.step(after: .unavailable(retryAfter: .seconds(9)), chance: 0) == .wait(.seconds(9)))
        #expect(backoff.step(after: .unavailable(retryAfter: .seconds(99)), chance: 0) == .wait(.seconds(30)))
        #expect(backoff.step(after: .unavailable(retryAfter: nil), chance: 0) == .drop)
        #expect(backoff.step(after: .refused, chance: 0) == .drop)
        #expect(backoff.step(after: .accepted, chance: 0) == .done)
    }

    @Test("The queue takes its capacity, tells what it did not take, and gives in order")
    func queue() {
        let queue = SpanQueue(capacity: 3)
        #expect(queue.append([self.span(1), self.span(2)]) == 0)
        #expect(queue.append([self.span(3), self.span(4)]) == 1)
        #expect(queue.append([self.span(5)]) == 1)
        #expect(queue.take(atMost: 2).map(\.span) == [1, 2])
        #expect(queue.take(atMost: 2).map(\.span) == [3])
        #expect(queue.take(atMost: 2).isEmpty)
    }

    // MARK: Settings

    private func settings(_ yaml: String, _ environment: [String: String] = [:]) throws -> TracingSettings {
        let node = try SettingsNode.parse(yaml, file: "f", environment: [:])
        return try TracingSettings(node: node, environment: environment)
    }

    @Test("Off by default; the file goes before the environment; the rest has defaults")
    func reading() throws {
        #expect(try TracingSettings(node: nil, environment: [:]).endpoint == nil)
        let standard = ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"]
        #expect(try TracingSettings(node: nil, environment: standard).endpoint == "http://collector:4318")
        #expect(try self.settings("{ sample: 5 }", standard).endpoint == "http://collector:4318")
        let own = try self.settings(
            "{ endpoint: \"https://x:1\", sample: 0, service: edge, headers: { a: b } }",
            standard
        )
        #expect(own.endpoint == "https://x:1" && own.sample == 0 && own.service == "edge")
        #expect(own.headers.map(\.name) == ["a"] && own.headers.map(\.value.text) == ["b"])
        #expect(try self.settings("{ endpoint: \"\" }").endpoint == nil)
    }

    @Test(
        "What cannot be meant is refused",
        arguments: [
            "{ endpoint: \"collector:4318\" }", "{ sample: 101 }", "{ sample: -1 }", "{ servise: x }",
            "{ headers: { \"a b\": c } }",
        ]
    )
    func refused(yaml: String) {
        #expect(throws: SettingsError.self) { try self.settings(yaml) }
    }

    // MARK: Live

    private func run(
        _ collector: FakeUpstream,
        capacity: Int = OTLPExporter.capacity,
        _ body: (OTLPExporter) async throws -> Void
    ) async throws {
        var settings = TracingSettings()
        settings.headers = [("x-key", Secret("k1"))]
        let exporter = OTLPExporter(
            endpoint: "http://127.0.0.1:\(collector.port)/",
            settings: settings,
            version: "9",
            group: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "test"),
            firstPause: .milliseconds(10),
            capacity: capacity
        )
        let group = ServiceGroup(services: [exporter], gracefulShutdownSignals: [], logger: Logger(label: "test"))
        let task = Task { try await group.run() }
        try await body(exporter)
        await group.triggerGracefulShutdown()
        try await task.value
        await collector.stop()
    }

    private static func answer(_ status: String) -> FakeUpstream.Step {
        .send("HTTP/1.1 \(status)\r\ncontent-length: 2\r\ncontent-type: application/json\r\n\r\n{}")
    }

    @Test("Spans arrive in one batch at /v1/traces, with the key")
    func delivery() async throws {
        let collector = try await FakeUpstream.start([.receive("]}]}]}"), Self.answer("200 OK"), .again])
        try await self.run(collector) { exporter in
            exporter.record([self.span(1), self.span(2)])
            try await eventually { collector.receivedText().contains(#""spanId":"0000000000000002""#) }
        }
        let text = collector.receivedText()
        #expect(text.hasPrefix("POST /v1/traces HTTP/1.1\r\n"))
        #expect(text.lowercased().contains("content-type: application/json\r\n") && text.contains("x-key: k1\r\n"))
        #expect(text.contains(#"{"key":"service.version","value":{"stringValue":"9"}}"#))
        #expect(text.ranges(of: "POST").count == 1)
    }

    @Test("A busy collector gets the batch again; one that refuses it does not")
    func again() async throws {
        let end = FakeUpstream.Step.receive("]}]}]}")
        let collector = try await FakeUpstream.start([
            end, Self.answer("503 Service Unavailable"), end, Self.answer("429 Too Many Requests"), end,
            Self.answer("200 OK"), end, Self.answer("400 Bad Request"), end, Self.answer("200 OK"),
        ])
        try await self.run(collector) { exporter in
            exporter.record([self.span(1)])
            try await eventually { collector.receivedText().ranges(of: #""spanId":"0000000000000001""#).count == 3 }
            exporter.record([self.span(2)])
            try await eventually { collector.receivedText().contains(#""spanId":"0000000000000002""#) }
            exporter.record([self.span(3)])
            try await eventually { collector.receivedText().contains(#""spanId":"0000000000000003""#) }
        }
        let text = collector.receivedText()
        #expect(text.ranges(of: #""spanId":"0000000000000001""#).count == 3)
        #expect(text.ranges(of: #""spanId":"0000000000000002""#).count == 1)
    }

    @Test("What was recorded last goes out at shutdown")
    func last() async throws {
        let collector = try await FakeUpstream.start([.receive("]}]}]}"), Self.answer("200 OK"), .again])
        try await self.run(collector) { $0.record([self.span(7)]) }
        #expect(collector.receivedText().contains(#""spanId":"0000000000000007""#))
    }

    @Test("A collector that is not there costs a bounded queue and nothing else")
    func absent() async throws {
        let collector = try await FakeUpstream.start([.receiveHead, .reset])
        try await self.run(collector, capacity: 10) { exporter in
            for number in 1...100 { exporter.record([self.span(UInt64(number))]) }
        }
    }
}
