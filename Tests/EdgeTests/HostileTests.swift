// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import TestSupport
import Testing

@testable import Edge

/// proxy.md §14.1: messages that parsers disagree about, as bytes over TLS through a live edge, and what a recording upstream saw.
@Suite("Hostile messages, from bytes to bytes", .timeLimit(.minutes(5)))
struct HostileTests {
    private static let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    private static let route = RouteSettings(prefix: "/api/", upstream: "app", authentication: .none)
    private static let after = "GET /api/after HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"

    @Test("Every row of the table, over HTTP/1.1", arguments: Table.rows("hostile").map { $0.joined(separator: "|") })
    func row(_ text: String) async throws {
        let cells = text.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        try #require(cells.count == 3)
        let upstream = try await FakeUpstream.start(
            [.receiveHead, .send(Self.answer), .again]
        )
        try await EdgeHarness.run(upstream, routes: [Self.route]) { edge in
            func bytes(_ cell: String) -> [UInt8] {
                Table.bytes(cell.replacingOccurrences(of: "{host}", with: edge.host))
            }
            let client = try await edge.connect()
            try await client.send(bytes(cells[0]) + bytes(Self.after.replacingOccurrences(of: "\r\n", with: "\\r\\n")))
            let answer = await client.receiveAll()
            let statuses = answer.components(separatedBy: "HTTP/1.1 ").dropFirst().map { String($0.prefix(3)) }
            #expect(statuses.first == cells[1], "\(answer)")
            let seen = upstream.allReceivedText.lowercased()
            switch cells[2] {
            case "nothing":
                #expect(upstream.receivedByteCount == 0)
                #expect(statuses.count == 1, "something after a refusal was answered")
                #expect(answer.contains("connection: close\r\n"))
            case "once":
                #expect(statuses == ["200"])
                #expect(!seen.contains("/api/after"))
            case let wanted where wanted.hasPrefix("not "):
                #expect(!seen.contains(wanted.dropFirst(4)))
                #expect(statuses == [cells[1], "200"])
            default:
                let wanted = String(decoding: bytes(cells[2]), as: UTF8.self).lowercased()
                #expect(seen.contains(wanted), "\(seen)")
                #expect(statuses == ["200", "200"])
            }
        }
    }

    struct Body: Sendable, CustomTestStringConvertible {
        let bytes: String
        var testDescription: String { self.bytes.debugDescription }
    }

    @Test(
        "A body whose chunks are wrong is cut off upstream, and never ends there as if it were whole",
        arguments: [
            "x\r\nhello\r\n0\r\n\r\n", "5\nhello\n0\n\n", "5 \r\nhello\r\n0\r\n\r\n", " 5\r\nhello\r\n0\r\n\r\n",
            "0x5\r\nhello\r\n0\r\n\r\n", "-5\r\nhello\r\n0\r\n\r\n", "5\r\nhelloX\r\n0\r\n\r\n", "5\r\nhello0\r\n\r\n",
            "00000000000000005\r\nhello\r\n0\r\n\r\n", "5;a=\u{0}\r\nhello\r\n0\r\n\r\n", "5\r\nhello\r\n\r\n0\r\n\r\n",
            "FFFFFFFFFFFFFFFF\r\nhello", "5;\nhello\r\n0\r\n\r\n", "0\r\nA : b\r\n\r\n", "0\r\nA\u{0}: b\r\n\r\n",
        ].map(Body.init)
    )
    func chunks(_ body: Body) async throws {
        let upstream = try await FakeUpstream.start([.receiveHead])
        try await EdgeHarness.run(upstream, routes: [Self.route]) { edge in
            let client = try await edge.connect()
            let after = Self.after.replacingOccurrences(of: "{host}", with: edge.host)
            try await client.send(
                "POST /api/ HTTP/1.1\r\nHost: \(edge.host)\r\nTransfer-Encoding: chunked\r\n\r\n\(body.bytes)\(after)"
            )
            let answer = await client.receiveAll()
            #expect(answer.hasPrefix("HTTP/1.1 400"), "\(answer)")
            #expect(answer.components(separatedBy: "HTTP/1.1 ").count == 2)
            let seen = upstream.allReceivedText
            #expect(!seen.contains("\r\n0\r\n\r\n") && !seen.contains("/api/after"))
        }
    }

    struct Field: Sendable, CustomTestStringConvertible {
        let name: String
        let value: String
        var testDescription: String { "\(self.name): \(self.value.debugDescription)" }
    }

    @Test(
        "Over HTTP/2 no field becomes two, or another message, on the way to HTTP/1.1",
        arguments: [
            ("a", "b\r\nx-injected: 1"), ("a", "b\nx-injected: 1"), ("a", "b\rx-injected: 1"), ("a", "b\u{0}c"),
            ("a\r\nx-injected", "1"), ("a: x\r\nx-injected", "1"), ("a b", "c"), ("a:b", "c"), ("", "c"),
            ("a", "b\u{7F}"),
            ("a", "é"), ("transfer-encoding", "chunked"), ("connection", "x"), ("keep-alive", "1"),
            ("proxy-connection", "close"), ("upgrade", "h2c"), ("host", "evil.example"), ("content-length", "1x"),
            ("content-length", "1, 1"), ("A", "b"), ("te", "trailers, deflate"),
        ].map { Field(name: $0.0, value: $0.1) }
    )
    func http2(_ field: Field) async throws {
        let upstream = try await FakeUpstream.answering(Self.answer)
        try await EdgeHarness.run(upstream, routes: [Self.route]) { edge in
            let client = try await edge.connect(protocols: ["h2"])
            let head = HTTP2Bytes.head(host: edge.host, path: "/api/") + HTTP2Bytes.literal(field.name, field.value)
            try await client.send(HTTP2Bytes.hello + HTTP2Bytes.frame(1, 5, 1, head))
            try await eventually {
                HTTP2Bytes.answers(client.bytes).contains { answer in
                    switch answer {
                    case .reset, .goAway: true
                    case .headers(let status): status != 0x88
                    default: false
                    }
                }
            }
            #expect(upstream.receivedByteCount == 0)
            await client.close()
        }
    }

    @Test(
        "… nor does any pseudo-field",
        arguments: [
            (":path", "/api/ HTTP/1.1\r\nx: 1"), (":path", "/api/ x"), (":path", "api/"), (":path", ""), (":path", "*"),
            (":path", "/api/#x"), (":path", "/api/../x"), (":path", "/api/\u{0}"), (":method", "GET /x HTTP/1.1\r\n"),
            (":method", "G T"), (":method", "get"), (":method", ""), (":method", "CONNECT"), (":method", "TRACE"),
            (":scheme", "http"), (":scheme", "ftp"), (":scheme", ""), (":authority", "evil.example"),
            (":authority", "a@localhost"), (":authority", "localhost\r\nx: 1"), (":authority", ""),
        ].map { Field(name: $0.0, value: $0.1) }
    )
    func pseudoFields(_ field: Field) async throws {
        let upstream = try await FakeUpstream.answering(Self.answer)
        try await EdgeHarness.run(upstream, routes: [Self.route]) { edge in
            let client = try await edge.connect(protocols: ["h2"])
            var fields = [(":method", "GET"), (":scheme", "https"), (":path", "/api/"), (":authority", edge.host)]
            fields = fields.map { $0.0 == field.name ? (field.name, field.value) : $0 }
            let head = fields.flatMap { HTTP2Bytes.literal($0.0, $0.1) }
            try await client.send(HTTP2Bytes.hello + HTTP2Bytes.frame(1, 5, 1, head))
            try await eventually {
                HTTP2Bytes.answers(client.bytes).contains { answer in
                    switch answer {
                    case .reset, .goAway: true
                    case .headers(let status): status != 0x88
                    default: false
                    }
                }
            }
            #expect(upstream.receivedByteCount == 0)
            await client.close()
        }
    }
}
