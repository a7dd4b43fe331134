// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Observability
import Synchronization
import TestSupport
import Testing
import Upstreams

@testable import Edge

@Suite("Traces", .timeLimit(.minutes(5)))
struct TraceTests {
    private static let hello = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"
    private static let parent = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
    private static let theirs = TraceID(high: 0x4bf9_2f35_77b3_4da6, low: 0xa3ce_929d_0e0e_4736)

    /// Everything that was recorded.
    private final class Recorder: SpanSink {
        private let list = Mutex<[SpanRecord]>([])
        var spans: [SpanRecord] { self.list.withLock { $0 } }
        func record(_ spans: [SpanRecord]) { self.list.withLock { $0 += spans } }

        func server() async throws -> SpanRecord {
            try await eventualValue { self.spans.first { $0.kind == .server } }
        }
    }

    private func run(
        _ upstream: FakeUpstream,
        sample: Int? = 100,
        _ body: (EdgeHarness, Recorder) async throws -> Void
    ) async throws {
        let recorder = Recorder()
        try await EdgeHarness.run(upstream, tracing: sample.map { EdgeTracing(sink: recorder, sample: $0) }) { edge in
            try await body(edge, recorder)
        }
    }

    private func internalGet(_ edge: EdgeHarness, _ fields: [String]) async throws {
        let client = try await edge.connectInternal()
        var text = "GET /api/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        for field in fields { text += field + "\r\n" }
        try await client.send(text + "\r\n")
        #expect(await client.receiveAll().hasSuffix("hello"))
        await client.close()
    }

    // MARK: The rule

    @Test("A part of the traces is chosen by their id, all of them or none at the ends")
    func sampling() {
        #expect((0..<100).count { RequestTrace.isChosen(UInt64($0), percent: 30) } == 30)
        #expect((0..<100).allSatisfy { RequestTrace.isChosen(UInt64($0), percent: 100) })
        #expect(!(0..<100).contains { RequestTrace.isChosen(UInt64($0), percent: 0) })
    }

    // MARK: On the wire

    @Test("A stranger's trace is restarted, recorded with a link, and its tracestate left out")
    func stranger() async throws {
        let upstream = try await FakeUpstream.answering(Self.hello)
        try await self.run(upstream) { edge, recorder in
            _ = try await edge.exchange("GET", "/api/x?secret=1", [Self.parent, "tracestate: a=b"])
            let span = try await recorder.server()
            #expect(span.trace != Self.theirs && span.parent == 0)
            #expect(span.link?.trace == Self.theirs)
            #expect(
                !upstream.receivedText().contains("4bf92f3577b34da6") && !upstream.receivedText().contains("tracestate")
            )
            let id = RequestID(high: span.trace.high, low: span.trace.low)
            let client = try #require(recorder.spans.first { $0.kind == .client })
            #expect(client.parent == span.span)
            #expect(upstream.receivedText().contains("traceparent: 00-\(id)-\(Self.hex(client.span))-01\r\n"))
            #expect(span.name == "GET /api/" && span.end >= span.start)
            #expect(span.attributes.contains { $0.name == "http.response.status_code" && $0.value == .number(200) })
            #expect(!"\(recorder.spans)".contains("secret"))
        }
    }

    @Test("A trusted peer's trace goes on, its decision and its tracestate with it")
    func trusted() async throws {
        let upstream = try await FakeUpstream.answering(Self.hello)
        try await self.run(upstream) { edge, recorder in
            try await self.internalGet(edge, [Self.parent, "tracestate: a=b"])
            // Not sampled by the caller: passed on, not recorded here.
            let seen = upstream.receivedText()
            #expect(seen.contains("traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00\r\n"))
            #expect(seen.contains("tracestate: a=b\r\n"))
            try await self.internalGet(edge, [Self.parent.dropLast() + "1"])
            let span = try await recorder.server()
            #expect(span.trace == Self.theirs && span.parent == 0x00f0_67aa_0ba9_02b7 && span.link == nil)
            #expect(recorder.spans.count { $0.kind == .server } == 1)
        }
    }

    @Test("A malformed or doubled traceparent is none, even from a trusted peer")
    func malformed() async throws {
        let upstream = try await FakeUpstream.answering(Self.hello)
        try await self.run(upstream) { edge, _ in
            try await self.internalGet(edge, [Self.parent + "x", "tracestate: a=b"])
            try await self.internalGet(edge, [Self.parent, Self.parent])
        }
        for connection in 0..<upstream.connectionCount {
            #expect(!upstream.receivedText(connection).contains("4bf92f3577b34da6"))
            #expect(!upstream.receivedText(connection).contains("tracestate"))
        }
    }

    @Test(
        "Without a collector nothing is recorded, and the flag says what the sampling says",
        arguments: [nil, 0, 100]
    )
    func flag(sample: Int?) async throws {
        let upstream = try await FakeUpstream.answering(Self.hello)
        try await self.run(upstream, sample: sample) { edge, recorder in
            _ = try await edge.exchange("GET", "/api/x")
            let flag = sample == 0 ? "00" : "01"
            #expect(
                upstream.receivedText().firstMatch(of: /traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-(..)\r\n/)?.1 ?? ""
                    == flag
            )
            if sample != 100 { #expect(recorder.spans.isEmpty) }
        }
    }

    @Test("Each attempt upstream is a span, a failed one beside the one that succeeded")
    func attempts() async throws {
        let upstream = try await FakeUpstream.start([.receiveHead, .reset], [.receiveHead, .send(Self.hello)])
        try await self.run(upstream) { edge, recorder in
            #expect(try await edge.exchange("GET", "/api/x").hasSuffix("hello"))
            let server = try await recorder.server()
            let attempts = recorder.spans.filter { $0.kind == .client }
            #expect(attempts.map(\.isError) == [true, false])
            #expect(attempts.allSatisfy { $0.parent == server.span && $0.trace == server.trace })
            #expect(attempts[0].end <= attempts[1].start)
            #expect(attempts[0].attributes.contains { $0.name == "error.type" && $0.value == .text("reset") })
        }
    }

    @Test("A refusal is a span with its code, and no attempt")
    func refusal() async throws {
        let upstream = try await FakeUpstream.answering(Self.hello)
        try await self.run(upstream) { edge, recorder in
            _ = try await edge.exchange("GET", "/nowhere")
            let span = try await recorder.server()
            #expect(span.attributes.contains { $0.name == "error.type" && $0.value == .text("no-route") })
            #expect(recorder.spans.count == 1 && !span.isError)
        }
    }

    private static func hex(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
