// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import NIOCore
import TestSupport
import Testing

@testable import Edge

@Suite("Proxying over HTTP/1.1", .timeLimit(.minutes(5)))
struct ProxyTests {
    static let hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nServer: secret\r\n\r\nhello"

    @Test("Exactly our bytes arrive upstream, exactly its answer comes back")
    func roundTrip() async throws {
        let upstream = try await FakeUpstream.answering(Self.hello)
        try await EdgeHarness.run(upstream) { edge in
            let answer = try await edge.exchange("GET", "/api/x?q=1", ["X-Forwarded-For: 6.6.6.6", "Accept: */*"])
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.hasSuffix("\r\n\r\nhello"))
            #expect(!answer.contains("secret"))
            #expect(answer.contains("live-cursor: "))
            let seen = upstream.receivedText()
            #expect(seen.hasPrefix("GET /api/x?q=1 HTTP/1.1\r\nhost: \(edge.host)\r\naccept: */*\r\n"))
            #expect(
                seen.contains(
                    "x-forwarded-for: 127.0.0.1\r\nx-forwarded-host: \(edge.host)\r\nx-forwarded-proto: https\r\n"
                )
            )
            #expect(!seen.contains("6.6.6.6"))
            #expect(!seen.contains("connection:"))
        }
    }

    @Test("Pipelined requests are answered in order over one connection each way")
    func pipelining() async throws {
        let upstream = try await FakeUpstream.answering(Self.hello)
        try await EdgeHarness.run(upstream) { edge in
            let client = try await edge.connect()
            let one = "GET /api/1 HTTP/1.1\r\nHost: \(edge.host)\r\n\r\n"
            try await client.send(one + one + one)
            let text = await client.receive(until: "hello", count: 3)
            #expect(text.components(separatedBy: "HTTP/1.1 200 OK").count == 4)
            #expect(upstream.connectionCount == 1)
            await client.close()
        }
    }

    @Test("A body streams up by length and by chunks")
    func bodies() async throws {
        let upstream = try await FakeUpstream.start([.receive("world"), .send(Self.hello), .again])
        try await EdgeHarness.run(upstream) { edge in
            let answer = try await edge.exchange("POST", "/api/", body: "hello world")
            #expect(answer.hasSuffix("hello"))
            #expect(upstream.receivedText().contains("content-length: 11\r\n"))
            #expect(upstream.receivedText().hasSuffix("\r\n\r\nhello world"))

            let client = try await edge.connect()
            try await client.send("PUT /api/ HTTP/1.1\r\nHost: \(edge.host)\r\nTransfer-Encoding: chunked\r\n\r\n")
            try await client.send("6;ext=1\r\nhello \r\n")
            try await client.send("5\r\nworld\r\n0\r\n\r\n")
            #expect(await client.receive(until: "\r\n\r\nhello").hasSuffix("hello"))
            await client.close()
            let seen = upstream.receivedText(upstream.connectionCount - 1)
            #expect(seen.hasSuffix("6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n"))
        }
    }

    @Test("A body of n bytes passes, n + 1 is 413 and leaves nothing upstream", arguments: [0, 1])
    func bodyLimit(excess: Int) async throws {
        let upstream = try await FakeUpstream.start([.receiveHead, .receiveBytes(10), .send(Self.hello), .again])
        let route = RouteSettings(prefix: "/api/", upstream: "app", authentication: .none, body: 10)
        try await EdgeHarness.run(upstream, routes: [route]) { edge in
            let answer = try await edge.exchange("POST", "/api/", body: String(repeating: "x", count: 10 + excess))
            #expect(answer.hasPrefix(excess == 0 ? "HTTP/1.1 200" : "HTTP/1.1 413"))
            if excess > 0 { #expect(upstream.receivedByteCount == 0) }
        }
    }

    @Test("A chunked body over the limit is refused while it streams")
    func chunkedLimit() async throws {
        let upstream = try await FakeUpstream.start([.receiveHead])
        let route = RouteSettings(prefix: "/api/", upstream: "app", authentication: .none, body: 10)
        try await EdgeHarness.run(upstream, routes: [route]) { edge in
            let client = try await edge.connect()
            try await client.send(
                "POST /api/ HTTP/1.1\r\nHost: \(edge.host)\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n1\r\nx\r\n"
            )
            let answer = await client.receiveAll()
            #expect(answer.hasPrefix("HTTP/1.1 413"))
            #expect(answer.contains("connection: close"))
        }
    }

    @Test(
        "A truncated answer never looks whole",
        arguments: [
            "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n",
        ]
    )
    func truncated(answer: String) async throws {
        let upstream = try await FakeUpstream.start([.receiveHead, .send(answer), .close])
        try await EdgeHarness.run(upstream) { edge in
            let client = try await edge.connect()
            try await client.send("GET /api/ HTTP/1.1\r\nHost: \(edge.host)\r\n\r\n")
            let text = await client.receiveAll()
            #expect(text.contains("short"))
            #expect(!text.contains("\r\n0\r\n"))
        }
    }

    @Test("An answer that lasts until the upstream closes arrives whole and chunked")
    func untilClose() async throws {
        let upstream = try await FakeUpstream.start([.receiveHead, .send("HTTP/1.1 200 OK\r\n\r\nall of it"), .close])
        try await EdgeHarness.run(upstream) { edge in
            let client = try await edge.connect()
            try await client.send("GET /api/ HTTP/1.1\r\nHost: \(edge.host)\r\n\r\n")
            let text = await client.receive(until: "\r\n0\r\n\r\n")
            #expect(text.contains("transfer-encoding: chunked"))
            #expect(text.hasSuffix("9\r\nall of it\r\n0\r\n\r\n"))
            await client.close()
        }
    }

    @Test(
        "A bad upstream is 502 before its head",
        arguments: ["nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"]
    )
    func badUpstream(answer: String) async throws {
        let upstream = try await FakeUpstream.start([.receiveHead, .send(answer), .close])
        try await EdgeHarness.run(upstream) { edge in
            let text = try await edge.exchange("GET", "/api/")
            #expect(text.hasPrefix("HTTP/1.1 502"))
            #expect(text.contains("\"code\":\"upstream-bad-message\""))
            #expect(!text.contains("127.0.0.1"))
        }
    }

    @Test("An upstream that is not there is 502")
    func noUpstream() async throws {
        let upstream = try await FakeUpstream.answering("")
        await upstream.stop()
        try await EdgeHarness.run(upstream) { edge in
            let text = try await edge.exchange("GET", "/api/")
            #expect(text.contains("\"code\":\"upstream-unreachable\""))
        }
    }

    @Test("A client that leaves takes its upstream exchange along")
    func clientGone() async throws {
        let upstream = try await FakeUpstream.start([.receiveHead])
        try await EdgeHarness.run(upstream) { edge in
            let client = try await edge.connect()
            try await client.send("GET /api/ HTTP/1.1\r\nHost: \(edge.host)\r\n\r\n")
            await upstream.waitForBytes(20)
            await client.leave(orderly: true)
            await upstream.waitForClose()
        }
    }

    @Test("A slow reader holds the upstream back and loses nothing")
    func backpressure() async throws {
        let block = [UInt8](repeating: 0x61, count: 64 << 10)
        let upstream = try await FakeUpstream.start([
            .receiveHead, .send("HTTP/1.1 200 OK\r\nContent-Length: \(block.count * 256)\r\n\r\n"),
            .sendRepeatedly(block, times: 256), .send("end"),
        ])
        try await EdgeHarness.run(upstream) { edge in
            let client = try await edge.connect()
            try await client.send("GET /api/ HTTP/1.1\r\nHost: \(edge.host)\r\nConnection: close\r\n\r\n")
            try await client.setReading(false)
            await upstream.waitForBytes(20)
            try await client.setReading(true)
            await client.receiveAll()
            #expect(client.byteCount > block.count * 256)
        }
    }

    @Test("HEAD, 204 and 304 carry no body")
    func bodiless() async throws {
        let upstream = try await FakeUpstream.start([
            .receiveHead, .send("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"),
            .receiveHead, .send("HTTP/1.1 204 No Content\r\n\r\n"),
            .receiveHead, .send("HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n"), .again,
        ])
        try await EdgeHarness.run(upstream) { edge in
            let client = try await edge.connect()
            let fields = " /api/ HTTP/1.1\r\nHost: \(edge.host)\r\n\r\n"
            try await client.send("HEAD" + fields + "GET" + fields + "GET" + fields)
            let text = await client.receive(until: "\r\n\r\n", count: 3)
            #expect(text.contains("content-length: 99\r\n"))
            #expect(text.contains("HTTP/1.1 204"))
            #expect(text.contains("HTTP/1.1 304"))
            #expect(!text.contains("transfer-encoding"))
            await client.close()
        }
    }
}
