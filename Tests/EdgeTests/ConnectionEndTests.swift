// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import HTTPMessages
import Live
import TestSupport
import Testing
import Wire

@testable import Edge

@Suite("How connections and answers end", .timeLimit(.minutes(5)))
struct ConnectionEndTests {
    @Test("A truncated upstream never looks whole to an HTTP/1.0 client over TLS")
    func truncatedUnderTLS() async throws {
        let upstream = try await FakeUpstream.start(
            [.receiveHead, .send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n"), .close],
            [.receiveHead, .send("HTTP/1.1 200 OK\r\n\r\nwhole"), .close]
        )
        try await EdgeHarness.run(upstream) { edge in
            let request = "GET /api/ HTTP/1.0\r\nHost: \(edge.host)\r\n\r\n"
            let cut = try await edge.connect()
            try await cut.send(request)
            await cut.receiveAll()
            #expect(cut.error != nil)
            let whole = try await edge.connect()
            try await whole.send(request)
            #expect(await whole.receiveAll().hasSuffix("\r\n\r\nwhole"))
            #expect(whole.error == nil)
        }
    }

    @Test("An answer the drain cuts off never looks whole")
    func cutByDrain() async throws {
        let upstream = try await FakeUpstream.start([
            .receiveHead, .send("HTTP/1.1 200 OK\r\n\r\nbeginning"), .gate("never"),
        ])
        try await EdgeHarness.run(upstream, adjust: { $0.limits.drain = .milliseconds(100) }) { edge in
            let client = try await edge.connect()
            try await client.send("GET /api/ HTTP/1.0\r\nHost: \(edge.host)\r\n\r\n")
            await client.receive(until: "beginning")
            await edge.beginShutdown()
            await client.receiveAll()
            #expect(client.error != nil)
        }
    }

    @Test("A request whose head was half here when the drain began is still served")
    func drainWithinHead() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(upstream, adjust: { $0.limits.drain = .seconds(120) }) { edge in
            let client = try await edge.connect()
            let head = "GET /api/ HTTP/1.1\r\nHost: \(edge.host)\r\n"
            try await client.send(head + "\r\n" + head)
            await client.receive(until: "hello")
            var idle: [RawClient] = []
            for _ in 0..<4 {
                let other = try await edge.connect()
                try await other.send(head + "\r\n")
                await other.receive(until: "hello")
                idle.append(other)
            }
            await edge.beginShutdown()
            for other in idle { await other.receiveAll() }
            try await client.send("\r\n")
            let text = await client.receiveAll()
            #expect(text.components(separatedBy: "HTTP/1.1 200 OK\r\n").count == 3)
            #expect(text.contains("\r\nconnection: close\r\n"))
        }
    }

    @Test("A request on its way to an idle connection when the drain begins is answered, and told to close")
    func lateRequest() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(upstream, adjust: { $0.limits.drain = .seconds(120) }) { edge in
            let request = "GET /api/ HTTP/1.1\r\nHost: \(edge.host)\r\n\r\n"
            let client = try await edge.connect()
            try await client.send(request)
            await client.receive(until: "hello")
            await edge.beginShutdown()
            // The listener is closed: the drain has begun on every loop, or begins before what we send now.
            try await eventually { (try? await edge.connectInternal()) == nil }
            try await client.send(request)
            let text = await client.receiveAll()
            #expect(text.components(separatedBy: "HTTP/1.1 200 OK\r\n").count == 3)
            #expect(text.hasSuffix("hello"))
            #expect(text.contains("\r\nconnection: close\r\n"))
            #expect(client.error == nil)
        }
    }

    @Test("A connection whose handshake the drain overtakes is still served once")
    func drainWithinHandshake() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(upstream) { edge in
            // Accepted, and silent so far.
            let plain = try await RawClient.connect(port: edge.port, tls: nil)
            let other = try await edge.connect()
            try await other.send("GET /api/ HTTP/1.1\r\nHost: \(edge.host)\r\n\r\n")
            await other.receive(until: "hello")
            await edge.beginShutdown()
            try await eventually { (try? await edge.connectInternal()) == nil }
            try await plain.startTLS(try TestCertificates.shared.clientContext(protocols: ["http/1.1"]))
            try await plain.send("GET /api/ HTTP/1.1\r\nHost: \(edge.host)\r\n\r\n")
            let text = await plain.receiveAll()
            #expect(text.hasSuffix("hello"))
            #expect(text.contains("\r\nconnection: close\r\n"))
        }
    }

    @Test("A drain in a hurry cuts within about a second what it would have waited for")
    func hurry() async throws {
        let upstream = try await FakeUpstream.start([.receiveHead, .gate("never")])
        try await EdgeHarness.run(upstream, adjust: { $0.limits.drain = .seconds(3_600) }) { edge in
            let client = try await edge.connect()
            try await client.send("GET /api/ HTTP/1.1\r\nHost: \(edge.host)\r\n\r\n")
            await upstream.waitForBytes(20)
            await edge.beginShutdown()
            edge.listener.hurry()
            await client.receiveAll()
            #expect(client.error != nil)
        }
    }

    @Test("A connection past its age serves one more request and says that it closes")
    func age() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(upstream, adjust: { $0.limits.age = .nanoseconds(1) }) { edge in
            let client = try await edge.connect()
            try await client.send("GET /api/ HTTP/1.1\r\nHost: \(edge.host)\r\n\r\n")
            #expect(await client.receiveAll().contains("\r\nconnection: close\r\n"))
        }
    }

    @Test("A broken message is not answered as the request before it")
    func brokenAfterHead() async throws {
        let upstream = try await FakeUpstream.answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
        try await EdgeHarness.run(upstream) { edge in
            let client = try await edge.connect()
            try await client.send("HEAD /api/ HTTP/1.1\r\nHost: \(edge.host)\r\n\r\n")
            await client.receive(until: "\r\n\r\n")
            try await client.send("\u{1}\r\n\r\n")
            #expect(await client.receiveAll().contains("\"code\":\"bad-message\""))
        }
    }

    @Test("A refusal that closes the connection says so")
    func announcedClose() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        let route = RouteSettings(prefix: "/api/", upstream: "app", authentication: .optional)
        try await EdgeHarness.run(upstream, routes: [route]) { edge in
            let client = try await edge.connect()
            let cookie = "Cookie: __Host-Http-sid=x\r\n"
            try await client.send("GET /api/ HTTP/1.1\r\nHost: \(edge.host)\r\n\(cookie)\(cookie)\r\n")
            let answer = await client.receiveAll()
            #expect(answer.contains("\"code\":\"ambiguous-credentials\""))
            #expect(answer.contains("\r\nconnection: close\r\n"))
        }
    }

    @Test("Requests sent ahead by a client that does not read are all answered once it does")
    func pipelinedWithoutReading() async throws {
        let body = String(repeating: "x", count: 48 << 10)
        let upstream = try await FakeUpstream.answering(
            "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        )
        try await EdgeHarness.run(upstream) { edge in
            let client = try await edge.connect()
            let one = "GET /api/ HTTP/1.1\r\nHost: \(edge.host)\r\n"
            try await client.send(one + "\r\n")
            await client.receive(until: "xxx")
            try await client.setReading(false)
            try await client.send(String(repeating: one + "\r\n", count: 298) + one + "Connection: close\r\n\r\n")
            await upstream.waitForBytes(2_000)
            try await client.setReading(true)
            await client.receiveAll()
            #expect(client.byteCount > 300 * body.utf8.count)
            #expect(client.error == nil)
        }
    }

    @Test("An escaped spelling of /auth and /live is ours, not an upstream's")
    func escapedReservedPaths() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        let route = RouteSettings(prefix: "/", upstream: "app", authentication: .optional)
        try await EdgeHarness.run(upstream, routes: [route]) { edge in
            let session = try await edge.exchange("GET", "/%61uth/session")
            #expect(session.contains("\"authenticated\":false"))
            let live = try await edge.exchange("GET", "/liv%65")
            #expect(live.hasPrefix("HTTP/1.1 426"))
            #expect(upstream.connectionCount == 0)
        }
    }

    @Test("An upstream's 401 to a session's token has it refreshed early, a client's own token does not")
    func upstreamRefused() async throws {
        let upstream = try await FakeUpstream.answering("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
        let route = RouteSettings(prefix: "/api/", upstream: "app", authentication: .required)
        try await EdgeHarness.run(upstream, routes: [route]) { edge in
            let bearer = "Authorization: Bearer \(try edge.bearer("id-ana"))"
            #expect(try await edge.exchange("GET", "/api/", [bearer]).hasPrefix("HTTP/1.1 401"))
            let cookie = try await edge.login()
            #expect(edge.provider.refreshes == 0)
            #expect(try await edge.exchange("GET", "/api/", [cookie]).hasPrefix("HTTP/1.1 401"))
            try await eventually { edge.provider.refreshes > 0 }
        }
    }

    @Test("A refused long-poll is a problem document, its wait rounded up to seconds")
    func refusedPoll() async throws {
        #expect(Rescue.refusal(for: CloseCode.overloaded, retry: 1_001).retryAfter == 2)
        #expect(Rescue.refusal(for: CloseCode.draining, retry: 3_000).retryAfter == 3)
        #expect(Rescue.refusal(for: CloseCode.rateLimited, retry: nil).retryAfter == 1)
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(upstream) { edge in
            try await eventually { edge.hub.isReady }
            let cookie = try await edge.login()
            let fields = [cookie, "Sec-Fetch-Site: same-origin"]
            let answer = try await edge.exchange("GET", "/live?poll=1&topic=user.somebody", fields)
            #expect(answer.hasPrefix("HTTP/1.1 403"))
            #expect(answer.contains("content-type: application/problem+json\r\n"))
            #expect(answer.contains("\"code\":\"forbidden\""))
        }
    }

    @Test("A 103 carries hints, not cookies")
    func interim() async throws {
        let upstream = try await FakeUpstream.answering(
            "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nSet-Cookie: __Host-Http-sid=evil\r\nServer: x\r\n\r\n"
                + ProxyTests.hello
        )
        try await EdgeHarness.run(upstream) { edge in
            let answer = try await edge.exchange("GET", "/api/")
            #expect(answer.hasPrefix("HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\n"))
        }
    }

    @Test("A cookie without a name cannot come back as ours")
    func namelessCookie() {
        for line in ["=__Host-Http-sid=x; Path=/", " = __host-HTTP-sid", "==__Host-session-until=1"] {
            #expect(HeaderPolicy.isOurCookie(Array(line.utf8)[...]), "\(line)")
        }
        #expect(!HeaderPolicy.isOurCookie(Array("theme=__Host-Http-sid=x".utf8)[...]))
    }
}
