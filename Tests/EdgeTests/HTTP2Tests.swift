// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import AsyncHTTPClient
import Foundation
import HTTPMessages
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

@testable import Edge

@Suite("HTTP/2", .timeLimit(.minutes(5)))
struct HTTP2Tests {
    private static let good: [(String, String)] = [
        (":method", "GET"), (":scheme", "https"), (":authority", "localhost"), (":path", "/x?y=1"),
    ]

    private func read(_ fields: [(String, String)]) throws -> MessageHead {
        var block = FieldBlock()
        for (name, value) in fields {
            let start = block.bytes.count
            block.bytes += Array((name + value).utf8)
            block.end(start: start, nameLength: name.utf8.count, limit: .max)
        }
        var head = MessageHead()
        try HTTP2Head.read(block, into: &head)
        return head
    }

    @Test("A field block becomes the same head, crumbs joined")
    func head() throws {
        let head = try self.read(
            Self.good + [("cookie", "a=1"), ("accept", "*/*"), ("cookie", "b=2"), ("te", "trailers")]
        )
        #expect(head.method == .get)
        #expect(head.version == .http2)
        #expect(String(decoding: head.target, as: UTF8.self) == "/x?y=1")
        #expect(head.string(.host) == "localhost")
        #expect(head.string(.cookie) == "a=1; b=2")
        #expect(head.count(.cookie) == 1)
    }

    @Test("A host beside :authority may say the same once")
    func sameHost() throws {
        let head = try self.read(Self.good + [("host", "localhost")])
        #expect(head.count(.host) == 1)
    }

    static let bad: [[(String, String)]] = [
        good + [(":path", "/again")], good + [(":status", "200")], [("accept", "x")] + good, Array(good.dropFirst()),
        Array(good.dropLast()), good.filter { $0.0 != ":scheme" }, good.filter { $0.0 != ":authority" },
        good + [("host", "other")], good + [("host", "localhost"), ("host", "localhost")],
        good + [("connection", "close")], good + [("te", "gzip")], good + [("Upper", "x")],
        good + [("transfer-encoding", "chunked")], good + [("x", "line\r\nbreak")], good + [("x", " padded")],
        [(":method", "CONNECT"), (":authority", "localhost")],
        good.map { $0.0 == ":scheme" ? (":scheme", "http") : $0 }, good.map { $0.0 == ":path" ? (":path", "x") : $0 },
    ]

    @Test("RFC 9113 §8.3 is kept", arguments: Self.bad.indices)
    func rules(index: Int) {
        #expect(throws: MessageError.self) { try self.read(Self.bad[index]) }
    }

    private func withClient(_ body: (HTTPClient) async throws -> Void) async throws {
        var configuration = HTTPClient.Configuration()
        configuration.tlsConfiguration = try TestCertificates.shared.clientConfiguration()
        configuration.httpVersion = .automatic
        let client = HTTPClient(configuration: configuration)
        do {
            try await body(client)
        } catch {
            try await client.shutdown()
            throw error
        }
        try await client.shutdown()
    }

    @Test("The same path serves it: bodies both ways, refusals, many streams on one connection")
    func roundTrip() async throws {
        let upstream = try await FakeUpstream.start([.receive("world"), .send(ProxyTests.hello), .again])
        try await EdgeHarness.run(upstream) { edge in
            try await self.withClient { client in
                var request = HTTPClientRequest(url: edge.origin + "/api/x?q=1")
                request.method = .POST
                request.headers.add(name: "X-Forwarded-For", value: "6.6.6.6")
                request.body = .bytes(ByteBuffer(string: "hello world"))
                let response = try await client.execute(request, timeout: .seconds(20))
                #expect(response.version == .http2)
                #expect(response.status == .ok)
                #expect(String(buffer: try await response.body.collect(upTo: 100)) == "hello")
                let seen = upstream.receivedText()
                #expect(seen.hasPrefix("POST /api/x?q=1 HTTP/1.1\r\nhost: \(edge.host)\r\n"))
                #expect(seen.hasSuffix("\r\n\r\nhello world"))
                #expect(!seen.contains("6.6.6.6"))

                let missing = try await client.execute(
                    HTTPClientRequest(url: edge.origin + "/none"),
                    timeout: .seconds(20)
                )
                #expect(missing.status == .notFound)
                #expect(String(buffer: try await missing.body.collect(upTo: 1_000)).contains("\"code\":\"no-route\""))
            }
        }
    }

    @Test("A truncated answer resets the stream")
    func truncated() async throws {
        let upstream = try await FakeUpstream.start([
            .receiveHead, .send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n"), .close,
        ])
        try await EdgeHarness.run(upstream) { edge in
            try await self.withClient { client in
                await #expect(throws: (any Error).self) {
                    let response = try await client.execute(
                        HTTPClientRequest(url: edge.origin + "/api/"),
                        timeout: .seconds(20)
                    )
                    _ = try await response.body.collect(upTo: 100)
                }
            }
        }
    }

    @Test("A large answer flows through both windows")
    func large() async throws {
        let block = [UInt8](repeating: 0x61, count: 64 << 10)
        let upstream = try await FakeUpstream.start([
            .receiveHead, .send("HTTP/1.1 200 OK\r\nContent-Length: \(block.count * 64)\r\n\r\n"),
            .sendRepeatedly(block, times: 64),
        ])
        try await EdgeHarness.run(upstream) { edge in
            try await self.withClient { client in
                let response = try await client.execute(
                    HTTPClientRequest(url: edge.origin + "/api/"),
                    timeout: .seconds(20)
                )
                #expect(try await response.body.collect(upTo: 8 << 20).readableBytes == block.count * 64)
            }
        }
    }
}
