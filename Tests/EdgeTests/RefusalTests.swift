// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import TestSupport
import Testing

@testable import Edge

@Suite("What is refused leaves nothing upstream", .timeLimit(.minutes(5)))
struct RefusalTests {
    static let attempts: [(String, String)] = [
        ("GET /api/ HTTP/1.1\r\n\r\n", "host-invalid"),
        ("GET /api/ HTTP/1.1\r\nHost: HOST\r\nHost: HOST\r\n\r\n", "host-invalid"),
        ("GET /api/ HTTP/1.1\r\nHost: evil.example\r\n\r\n", "host-not-served"),
        ("GET /api/../secret HTTP/1.1\r\nHost: HOST\r\n\r\n", "path-refused"),
        ("GET /api/%2e%2e/secret HTTP/1.1\r\nHost: HOST\r\n\r\n", "path-refused"),
        ("GET /api//x HTTP/1.1\r\nHost: HOST\r\n\r\n", "path-refused"),
        ("GET /api/a%2fb HTTP/1.1\r\nHost: HOST\r\n\r\n", "path-refused"),
        (
            "POST /api/ HTTP/1.1\r\nHost: HOST\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "bad-message"
        ),
        ("POST /api/ HTTP/1.1\r\nHost: HOST\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "bad-message"),
        ("POST /api/ HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n", "bad-message"),
        ("POST /api/ HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: gzip\r\n\r\n", "not-implemented"),
        ("GET /api/ HTTP/1.1\r\nHost: HOST\r\nX : y\r\n\r\n", "bad-message"),
        ("GET /api/ HTTP/1.1\r\nHost: HOST\r\nA: b\r\n folded\r\n\r\n", "bad-message"),
        ("GET /api/ HTTP/1.1\nHost: HOST\n\n", "bad-message"),
        ("GET /api/ HTTP/1.1\r\nHost: HOST\r\nConnection: cookie\r\n\r\n", "header-refused"),
        ("TRACE /api/ HTTP/1.1\r\nHost: HOST\r\n\r\n", "method-not-allowed"),
        ("BREW /api/ HTTP/1.1\r\nHost: HOST\r\n\r\n", "not-implemented"),
        ("GET /api/ HTTP/1.1\r\nHost: HOST\r\nExpect: tea\r\n\r\n", "expectation-failed"),
        ("GET /nowhere HTTP/1.1\r\nHost: HOST\r\n\r\n", "no-route"),
        ("GET /apix HTTP/1.1\r\nHost: HOST\r\n\r\n", "no-route"),
        ("GET /auth/nothing HTTP/1.1\r\nHost: HOST\r\n\r\n", "no-route"),
        ("GET /auth/login HTTP/1.1\r\nHost: HOST\r\n\r\n", "method-not-allowed"),
    ]

    @Test("Each attempt gets its code", arguments: Self.attempts)
    func attempt(request: String, code: String) async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(upstream) { edge in
            let client = try await edge.connect()
            try await client.send(request.replacingOccurrences(of: "HOST", with: edge.host))
            let text = await client.receive(until: "\"code\":\"\(code)\"")
            #expect(text.contains("\"code\":\"\(code)\""), "\(text)")
            await client.close()
            #expect(upstream.receivedByteCount == 0)
        }
    }

    @Test("After a 400 and after Connection: close nothing more is parsed")
    func nothingAfter() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(upstream) { edge in
            let good = "GET /api/second HTTP/1.1\r\nHost: \(edge.host)\r\n\r\n"
            let bad = try await edge.connect()
            try await bad.send("GET /api/ HTTP/1.1\r\n\r\n" + good)
            let refused = await bad.receiveAll()
            #expect(refused.hasPrefix("HTTP/1.1 400"))
            #expect(refused.components(separatedBy: "HTTP/1.1 ").count == 2)
            #expect(upstream.receivedByteCount == 0)
            let closing = try await edge.connect()
            try await closing.send("GET /api/first HTTP/1.1\r\nHost: \(edge.host)\r\nConnection: close\r\n\r\n" + good)
            #expect(await closing.receiveAll().components(separatedBy: "HTTP/1.1 ").count == 2)
            #expect(!upstream.receivedText().contains("second"))
        }
    }

    @Test("A chunked body that breaks its framing ends the exchange")
    func brokenChunk() async throws {
        let upstream = try await FakeUpstream.start([.receiveHead])
        try await EdgeHarness.run(upstream) { edge in
            let client = try await edge.connect()
            try await client.send(
                "POST /api/ HTTP/1.1\r\nHost: \(edge.host)\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nGET / HTTP/1.1\r\n\r\n"
            )
            #expect(await client.receiveAll().hasPrefix("HTTP/1.1 400"))
            #expect(!upstream.receivedText().contains("GET /"))
        }
    }

    @Test("URI, field and head limits at n and n + 1")
    func headLimits() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(upstream) { edge in
            let room = 8_192 - "/api/".utf8.count
            let fits = try await edge.exchange("GET", "/api/" + String(repeating: "a", count: room))
            #expect(fits.hasPrefix("HTTP/1.1 200"))
            let long = try await edge.exchange("GET", "/api/" + String(repeating: "a", count: room + 1))
            #expect(long.hasPrefix("HTTP/1.1 414"))
            let field = try await edge.exchange("GET", "/api/", ["X-Long: " + String(repeating: "a", count: 16_384)])
            #expect(field.hasPrefix("HTTP/1.1 431"))
            #expect(field.contains("x-long"))
        }
    }

    @Test("A head, a body and a keep-alive that take too long are ended")
    func timeouts() async throws {
        let upstream = try await FakeUpstream.start([.receiveHead])
        try await EdgeHarness.run(
            upstream,
            adjust: {
                $0.limits.head = .milliseconds(100)
                $0.limits.bodyIdle = .milliseconds(100)
                $0.limits.keepAlive = .milliseconds(200)
            }
        ) { edge in
            let head = try await edge.connect()
            try await head.send("GET /api/ HT")
            #expect(await head.receiveAll().hasPrefix("HTTP/1.1 408"))
            let body = try await edge.connect()
            try await body.send("POST /api/ HTTP/1.1\r\nHost: \(edge.host)\r\nContent-Length: 9\r\n\r\nabc")
            #expect(await body.receiveAll().hasPrefix("HTTP/1.1 408"))
            let idle = try await edge.connect()
            #expect(await idle.receiveAll().isEmpty)
        }
    }

    @Test("The request after the last allowed one needs a new connection, one address has its cap")
    func caps() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(
            upstream,
            adjust: {
                $0.limits.requestsPerConnection = 2
                $0.limits.connectionsPerAddress = 2
            }
        ) { edge in
            let client = try await edge.connect()
            let one = "GET /api/ HTTP/1.1\r\nHost: \(edge.host)\r\n\r\n"
            try await client.send(one + one + one)
            let text = await client.receiveAll()
            #expect(text.components(separatedBy: "HTTP/1.1 200").count == 3)
            #expect(text.components(separatedBy: "connection: close").count == 2)

            let internalClient = try await edge.connectInternal()
            let second = try await edge.connectInternal()
            try await second.send("GET /api/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(await second.receive(until: "hello").contains("200"))
            let third = try await edge.connectInternal()
            #expect(await third.receiveAll().isEmpty)
            await internalClient.close()
            await second.close()
        }
    }

    @Test("Shutdown lets an exchange under way finish and closes an idle connection that stays silent")
    func drain() async throws {
        let upstream = try await FakeUpstream.start([.receiveHead, .gate("answer"), .send(ProxyTests.hello)])
        try await EdgeHarness.run(upstream) { edge in
            let idle = try await edge.connectInternal()
            let busy = try await edge.connect()
            try await busy.send("GET /api/ HTTP/1.1\r\nHost: \(edge.host)\r\n\r\n")
            await upstream.waitForBytes(20)
            await edge.beginShutdown()
            #expect(await idle.receiveAll().isEmpty)
            upstream.open("answer")
            let text = await busy.receiveAll()
            #expect(text.hasSuffix("hello"))
            #expect(text.contains("connection: close"))
        }
    }
}
