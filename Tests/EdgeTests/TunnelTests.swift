// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import NIOCore
import TestSupport
import Testing

@testable import Edge

@Suite("WebSocket tunnels", .timeLimit(.minutes(5)))
struct TunnelTests {
    static let switching = """
        HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nServer: daphne\r
        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n\r\n
        """

    static func route(
        _ authentication: RouteSettings.Authentication = .none,
        identity: RouteSettings.Identity? = nil
    ) -> RouteSettings {
        RouteSettings(
            prefix: "/ws/",
            upstream: "app",
            authentication: authentication,
            identity: identity,
            webSocket: .tunnel
        )
    }

    static func handshake(_ edge: EdgeHarness, _ fields: [String] = [], path: String = "/ws/room?a=1") -> String {
        let all =
            [
                "GET \(path) HTTP/1.1", "Host: \(edge.host)", "Connection: keep-alive, Upgrade", "Upgrade: WebSocket",
                "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                "Sec-WebSocket-Extensions: permessage-deflate", "Sec-WebSocket-Protocol: chat",
            ] + fields
        return all.joined(separator: "\r\n") + "\r\n\r\n"
    }

    private static func text(_ text: String) -> [UInt8] {
        [0x81, UInt8(text.utf8.count)] + Array(text.utf8)
    }

    @Test("Handshake and frames pass both ways, with the bytes that came along with either head")
    func passes() async throws {
        let upstream = try await FakeUpstream.start([
            .receiveHead, .sendBytes(Array(Self.switching.utf8) + Self.text("early")), .receive("from-client"),
            .sendBytes(Self.text("answer")), .receive("more"), .close,
        ])
        try await EdgeHarness.run(upstream, routes: [Self.route()]) { edge in
            let client = try await edge.connect()
            try await client.send(Self.handshake(edge, ["Origin: \(edge.origin)"]) + "from-client")
            let answer = await client.receive(until: "answer")
            #expect(answer.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
            #expect(answer.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
            #expect(answer.contains("sec-websocket-protocol: chat\r\n"))
            #expect(answer.contains("upgrade: websocket\r\nconnection: upgrade\r\n"))
            #expect(answer.contains("early"))
            #expect(!answer.contains("daphne"))
            let seen = upstream.receivedText()
            #expect(seen.hasPrefix("GET /ws/room?a=1 HTTP/1.1\r\nhost: \(edge.host)\r\n"))
            for field in [
                "connection: upgrade", "upgrade: websocket", "origin: \(edge.origin)", "sec-websocket-version: 13",
                "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==", "sec-websocket-extensions: permessage-deflate",
                "sec-websocket-protocol: chat", "x-forwarded-proto: https",
            ] { #expect(seen.contains("\r\n\(field)\r\n"), "\(field)") }
            #expect(!seen.contains("live-cursor"))
            try await client.send("more")
            await client.receiveAll()
            #expect(client.error == nil)
        }
    }

    @Test("Without an upgrade it is 426, another method 405, a body 400; HTTP/2 has no upgrade")
    func notUpgrade() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(upstream, routes: [Self.route()]) { edge in
            #expect(try await edge.exchange("GET", "/ws/x").contains("\"code\":\"upgrade-required\""))
            #expect(try await edge.exchange("GET", "/ws/x").hasPrefix("HTTP/1.1 426"))
            let post = try await edge.exchange("POST", "/ws/x", body: "x")
            #expect(post.hasPrefix("HTTP/1.1 405") && post.contains("allow: GET\r\n"))
            let client = try await edge.connect()
            try await client.send(Self.handshake(edge, ["Content-Length: 1"]) + "x")
            #expect(await client.receive(until: "\"code\"").contains("bad-message"))
            await client.close()
            #expect(upstream.connectionCount == 0)
        }
    }

    @Test("Where WebSockets are refused, an upgrade is an ordinary request")
    func refused() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        let route = RouteSettings(prefix: "/ws/", upstream: "app", authentication: .none)
        try await EdgeHarness.run(upstream, routes: [route]) { edge in
            let client = try await edge.connect()
            try await client.send(Self.handshake(edge))
            #expect(await client.receive(until: "hello").hasPrefix("HTTP/1.1 200"))
            #expect(!upstream.receivedText().lowercased().contains("upgrade"))
            await client.close()
        }
    }

    @Test("A foreign page gets a bare 403, with a cookie or without, before anybody is asked")
    func origins() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        let routes = [Self.route(.optional)]
        try await EdgeHarness.run(upstream, routes: routes) { edge in
            let cookie = try await edge.login()
            for fields in [
                [cookie], [cookie, "Origin: https://evil.example"], ["Origin: null"], ["Origin: https://evil.example"],
                [cookie, "Origin: \(edge.origin)", "Origin: https://evil.example"],
            ] {
                let client = try await edge.connect()
                try await client.send(Self.handshake(edge, fields))
                let answer = await client.receive(until: "\r\n\r\n")
                #expect(answer.hasPrefix("HTTP/1.1 403 Forbidden\r\n"), "\(fields)")
                #expect(answer.contains("content-length: 0\r\n"))
                await client.close()
            }
            #expect(upstream.connectionCount == 0)
        }
    }

    @Test("Nobody known is a plain 401; a session and a Bearer token arrive as on any route")
    func authentication() async throws {
        let upstream = try await FakeUpstream.start([.receiveHead, .send(Self.switching)])
        try await EdgeHarness.run(upstream, routes: [Self.route(.required)]) { edge in
            let nobody = try await edge.connect()
            try await nobody.send(Self.handshake(edge, ["Origin: \(edge.origin)"]))
            #expect(await nobody.receive(until: "\"code\"").contains("login-required"))
            await nobody.close()

            let session = try await edge.connect()
            try await session.send(Self.handshake(edge, ["Origin: \(edge.origin)", edge.login()]))
            #expect(await session.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 101"))
            #expect(upstream.receivedText(0).contains("authorization: Bearer \(edge.provider.accessToken("ana"))\r\n"))
            #expect(!upstream.receivedText(0).contains("__Host-Http-sid"))
            await session.close()

            let token = try edge.bearer("native")
            let native = try await edge.connect()
            try await native.send(Self.handshake(edge, ["Authorization: Bearer \(token)"]))
            #expect(await native.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 101"))
            #expect(upstream.receivedText(1).contains("authorization: Bearer \(token)\r\n"))
            await native.close()
        }
    }

    @Test("An ordinary refusal is relayed, even without a single header")
    func relaysRefusals() async throws {
        for (refusal, status) in [
            ("HTTP/1.1 403 Access denied\r\n\r\n", 403),
            ("HTTP/1.1 401 Unauthorized\r\nContent-Length: 4\r\nX-Why: no\r\n\r\nnope", 401),
        ] {
            let upstream = try await FakeUpstream.start([.receiveHead, .send(refusal), .close])
            try await EdgeHarness.run(upstream, routes: [Self.route()]) { edge in
                let client = try await edge.connect()
                try await client.send(Self.handshake(edge))
                let answer = await client.receive(until: status == 403 ? "0\r\n\r\n" : "nope")
                #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
                #expect(answer.contains("x-why: no") == (status == 401))
                // The connection is still HTTP.
                try await client.send("GET /none HTTP/1.1\r\nHost: \(edge.host)\r\n\r\n")
                #expect(await client.receive(until: "no-route").contains("no-route"))
                await client.close()
            }
        }
    }

    @Test(
        "What is not HTTP, or is no WebSocket, is 502",
        arguments: [
            "Unauthorized", "Unauthorized\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
        ]
    )
    func notHTTP(answer: String) async throws {
        let upstream = try await FakeUpstream.start([.receiveHead, .send(answer)])
        try await EdgeHarness.run(upstream, routes: [Self.route()]) { edge in
            let client = try await edge.connect()
            try await client.send(Self.handshake(edge))
            let text = await client.receive(until: "\"code\"")
            #expect(text.hasPrefix("HTTP/1.1 502"))
            #expect(text.contains("upstream-bad-message"))
            await client.close()
            await upstream.waitForClose()
        }
    }

    @Test("Logging out places a Close frame between two frames of the upstream's")
    func sessionEnds() async throws {
        let frame = FrameBordersTests.frame(0x2, 300)
        let upstream = try await FakeUpstream.start([
            .receiveHead, .sendBytes(Array(Self.switching.utf8) + frame[..<100]), .gate("rest"),
            .sendBytes(Array(frame[100...]) + frame),
        ])
        try await EdgeHarness.run(upstream, routes: [Self.route(.required)]) { edge in
            let cookie = try await edge.login()
            let client = try await edge.connect()
            try await client.send(Self.handshake(edge, ["Origin: \(edge.origin)", cookie]))
            await client.receive(until: "\r\n\r\n")
            _ = try await edge.exchange("POST", "/auth/logout", [cookie, "Sec-Fetch-Site: same-origin"])
            upstream.open("rest")
            await client.receiveAll()
            // One whole frame, then ours: 4005 and its name.
            let close = [0x88, UInt8(2 + "session_ended".utf8.count), 0x0F, 0xA5] + Array("session_ended".utf8)
            #expect(client.bytes.suffix(frame.count + close.count) == frame + close)
            await upstream.waitForClose()
            await client.close()
        }
    }

    @Test("Only the tunnels of the session that ended close")
    func others() async throws {
        let upstream = try await FakeUpstream.start([
            .receiveHead, .send(Self.switching), .receive("go"), .send("gone"),
        ])
        try await EdgeHarness.run(upstream, routes: [Self.route(.required)]) { edge in
            let cookies = [try await edge.login("ana"), try await edge.login("bob")]
            var clients: [RawClient] = []
            for cookie in cookies {
                let client = try await edge.connect()
                try await client.send(Self.handshake(edge, ["Origin: \(edge.origin)", cookie]))
                await client.receive(until: "\r\n\r\n")
                clients.append(client)
            }
            _ = try await edge.exchange("POST", "/auth/logout", [cookies[0], "Sec-Fetch-Site: same-origin"])
            #expect(await clients[0].receiveAll().contains("session_ended"))
            try await clients[1].send("go")
            #expect(await clients[1].receive(until: "gone").contains("gone"))
            for client in clients { await client.close() }
        }
    }

    @Test("A drain closes tunnels with 4200 and says when to come back")
    func drain() async throws {
        let upstream = try await FakeUpstream.start([.receiveHead, .send(Self.switching)])
        try await EdgeHarness.run(upstream, routes: [Self.route()]) { edge in
            let client = try await edge.connect()
            try await client.send(Self.handshake(edge))
            await client.receive(until: "\r\n\r\n")
            await edge.beginShutdown()
            #expect(await client.receiveAll().contains("draining retry="))
            await client.close()
        }
    }

    @Test("Silence on both sides closes a tunnel, a byte on either keeps it")
    func idle() async throws {
        var route = Self.route()
        route.idleTimeout = .milliseconds(50)
        let upstream = try await FakeUpstream.start([.receiveHead, .send(Self.switching)])
        try await EdgeHarness.run(upstream, routes: [route]) { edge in
            let client = try await edge.connect()
            try await client.send(Self.handshake(edge))
            #expect(await client.receiveAll().hasSuffix("idle"))
            await client.close()
        }
    }

    @Test("A client that does not read stops the upstream, and gets every byte once it does")
    func backpressureDown() async throws {
        let frame = FrameBordersTests.frame(0x2, 65_532)
        let upstream = try await FakeUpstream.start([
            .receiveHead, .send(Self.switching), .sendRepeatedly(frame, times: 64), .gate("all sent"), .close,
        ])
        try await EdgeHarness.run(upstream, routes: [Self.route()]) { edge in
            let client = try await edge.connect()
            try await client.send(Self.handshake(edge))
            let head = await client.receive(until: "\r\n\r\n").components(separatedBy: "\r\n\r\n")[0].utf8.count + 4
            try await client.setReading(false)
            _ = try await edge.exchange("GET", "/none")  // others are served meanwhile
            try await client.setReading(true)
            try await eventually(within: .seconds(60)) { client.byteCount == head + frame.count * 64 }
            upstream.open("all sent")
            await client.receiveAll()
            #expect(client.byteCount == head + frame.count * 64)
        }
    }

    @Test("An upstream that does not read stops the client")
    func backpressureUp() async throws {
        let upstream = try await FakeUpstream.start([.receiveHead, .send(Self.switching), .stopReading])
        try await EdgeHarness.run(upstream, routes: [Self.route()]) { edge in
            let client = try await edge.connect()
            try await client.send(Self.handshake(edge))
            await client.receive(until: "\r\n\r\n")
            let piece = [UInt8](repeating: 1, count: 1 << 20)
            // Far beyond what sockets and our bounds hold: the last writes never finish.
            let sending = Task { for _ in 0..<64 { try await client.send(piece) } }
            try await eventually { upstream.receivedByteCount > 0 }
            await client.close()
            _ = await sending.result
            #expect(upstream.receivedByteCount < 64 << 20)
        }
    }
}
