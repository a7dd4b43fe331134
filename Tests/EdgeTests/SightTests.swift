// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Logging
import Synchronization
import TestSupport
import Testing

@testable import Edge

@Suite("The access log", .timeLimit(.minutes(5)))
struct AccessLogTests {
    private static let hello = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"

    /// The records called `request`.
    private final class Records: Sendable {
        private let list = Mutex<[[String: String]]>([])

        var logger: Logger {
            Logger(label: "edge-tests") { _ in Handler(records: self) }
        }

        func next() async throws -> [String: String] {
            try await eventualValue { self.list.withLock { $0.isEmpty ? nil : $0.removeFirst() } }
        }

        private struct Handler: LogHandler {
            let records: Records
            var logLevel = Logger.Level.info
            var metadata: Logger.Metadata = [:]

            subscript(metadataKey key: String) -> Logger.Metadata.Value? {
                get { self.metadata[key] }
                set { self.metadata[key] = newValue }
            }

            func log(event: LogEvent) {
                guard event.message == "request" else { return }
                let record = (event.metadata ?? [:]).mapValues { "\($0)" }
                self.records.list.withLock { $0.append(record) }
            }
        }
    }

    @Test("One record tells the whole request, its upstream included, and no secret")
    func whole() async throws {
        let upstream = try await FakeUpstream.start([.receiveHead, .reset], [.receiveHead, .send(Self.hello)])
        let records = Records()
        try await EdgeHarness.run(upstream, logger: records.logger) { edge in
            let secrets = ["Cookie: a=s3cret", "Authorization: Bearer s3cret", "X-Anything: s3cret"]
            #expect(try await edge.exchange("GET", "/api/x?token=s3cret", secrets).hasSuffix("hello"))
            let record = try await records.next()
            let expected = [
                "listener": "public", "client": "127.0.0.1", "protocol": "HTTP/1.1", "method": "GET", "path": "/api/x",
                "status": "200", "bytes_in": "0", "bytes_out": "5", "route": "/api/", "upstream": "app",
                "upstream.endpoint": "127.0.0.1:\(upstream.port)", "upstream.attempts": "2",
            ]
            for (key, value) in expected { #expect(record[key] == value, "\(key)") }
            // The pause before the retry is in both.
            #expect(try #require(Double(record["upstream.head_ms"] ?? "")) >= 25)
            #expect(try #require(Double(record["duration_ms"] ?? "")) >= 25)
            #expect(record["request.id"]?.utf8.count == 32)
            #expect(record["code"] == nil && record["reason"] == nil && record["trace.id"] == nil)
            #expect(!"\(record)".contains("s3cret"))
        }
    }

    @Test("A refusal says its code, and that no upstream was asked")
    func refusal() async throws {
        let upstream = try await FakeUpstream.answering(Self.hello)
        let records = Records()
        try await EdgeHarness.run(upstream, logger: records.logger) { edge in
            _ = try await edge.exchange("GET", "/nowhere")
            let record = try await records.next()
            #expect(record["code"] == "no-route" && record["status"] == "404" && record["route"] == nil)
            #expect(record["upstream.endpoint"] == nil && record["upstream.attempts"] == nil)
        }
    }

    @Test("A failed upstream says where and why; a trusted caller's trace is named")
    func failure() async throws {
        let upstream = try await FakeUpstream.start([.receiveHead, .send("nonsense\r\n\r\n")])
        let records = Records()
        try await EdgeHarness.run(upstream, logger: records.logger) { edge in
            let client = try await edge.connectInternal()
            try await client.send(
                "GET /api/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                    + "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\r\n"
            )
            #expect(await client.receiveAll().hasPrefix("HTTP/1.1 502"))
            await client.close()
            let record = try await records.next()
            #expect(record["code"] == "upstream-bad-message" && record["reason"] != nil)
            #expect(record["upstream.endpoint"] == "127.0.0.1:\(upstream.port)" && record["upstream.head_ms"] == nil)
            #expect(record["trace.id"] == "4bf92f3577b34da6a3ce929d0e0e4736")
            #expect(record["listener"] == "internal")
        }
    }
}

@Suite("Resilience at the edge", .timeLimit(.minutes(5)))
struct EdgeResilienceTests {
    private static let hello = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"

    private func run(
        _ upstream: FakeUpstream,
        retry: RouteSettings.Retry,
        _ body: (EdgeHarness) async throws -> Void
    ) async throws {
        let route = RouteSettings(prefix: "/api/", upstream: "app", authentication: .none, retry: retry)
        try await EdgeHarness.run(upstream, routes: [route]) { try await body($0) }
    }

    @Test("A lost GET is answered by a second try, and with retry: never by 502")
    func retry() async throws {
        for retry in RouteSettings.Retry.allCases {
            let upstream = try await FakeUpstream.start([.receiveHead, .reset], [.receiveHead, .send(Self.hello)])
            try await self.run(upstream, retry: retry) { edge in
                let answer = try await edge.exchange("GET", "/api/")
                #expect(answer.hasPrefix(retry == .safe ? "HTTP/1.1 200" : "HTTP/1.1 502"))
                #expect(upstream.connectionCount == (retry == .safe ? 2 : 1))
            }
        }
    }

    @Test("A lost PUT is sent again whole; a lost POST is 502 and arrived once")
    func bodies() async throws {
        let lost: [FakeUpstream.Step] = [.receive("hello"), .reset]
        let put = try await FakeUpstream.start(lost, [.receive("hello"), .send(Self.hello)])
        try await self.run(put, retry: .safe) { edge in
            let answer = try await edge.exchange("PUT", "/api/", body: "hello")
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            #expect(put.receivedText(1).hasSuffix("\r\n\r\nhello"))
        }
        let post = try await FakeUpstream.start(lost)
        try await self.run(post, retry: .safe) { edge in
            let answer = try await edge.exchange("POST", "/api/", body: "hello")
            #expect(answer.hasPrefix("HTTP/1.1 502") && answer.contains("upstream-unreachable"))
            #expect(post.connectionCount == 1)
        }
    }
}
