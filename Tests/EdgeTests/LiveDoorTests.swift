// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import EventLog
import Foundation
import Live
import TestSupport
import Testing
import Wire

@testable import Edge

@Suite("The door at /live", .timeLimit(.minutes(5)))
struct LiveDoorTests {
    private func run(_ body: (EdgeHarness) async throws -> Void) async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(upstream) { edge in
            try await eventually { edge.hub.isReady }
            try await body(edge)
        }
    }

    private func handshake(_ edge: EdgeHarness, _ fields: [String]) -> String {
        let all =
            [
                "GET /live HTTP/1.1", "Host: \(edge.host)", "Connection: Upgrade", "Upgrade: websocket",
                "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            ] + fields
        return all.joined(separator: "\r\n") + "\r\n\r\n"
    }

    private func publish(_ edge: EdgeHarness, _ data: String) async throws {
        _ = try await edge.log.append([NewEvent(topic: Topic("user.id-ana"), data: Array(data.utf8), key: nil)])
    }

    @Test("A WebSocket with a session and the right Origin receives, and closes with the session")
    func webSocket() async throws {
        try await self.run { edge in
            let cookie = try await edge.login()
            let client = try await edge.connect()
            try await client.send(self.handshake(edge, [cookie, "Origin: \(edge.origin)"]))
            let head = await client.receive(until: "\"op\":\"hello\"")
            #expect(head.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
            #expect(head.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
            try await self.publish(edge, "{\"n\":1}")
            #expect(await client.receive(until: "{\"n\":1}").contains("\"topic\":\"user.id-ana\""))
            _ = try await edge.exchange("POST", "/auth/logout", [cookie, "Sec-Fetch-Site: same-origin"])
            #expect(await client.receive(until: "session_ended").contains("session_ended"))
            await client.close()
        }
    }

    @Test("Missing and foreign origins are a bare 403 where a cookie speaks")
    func origins() async throws {
        try await self.run { edge in
            let cookie = try await edge.login()
            let port = edge.port + 1
            for origin in [
                "Accept: */*", "Origin: null", "Origin: https://evil.example", "Origin: https://localhost:\(port)",
                "Origin: http://\(edge.host)", "Origin: \(edge.origin).evil.example",
            ] {
                let client = try await edge.connect()
                try await client.send(self.handshake(edge, [cookie, origin, "Connection: close"]))
                let text = await client.receive(until: "\r\n\r\n")
                #expect(text.hasPrefix("HTTP/1.1 403"), "\(origin)")
                #expect(text.hasSuffix("\r\n\r\n"), "\(origin)")
                await client.close()
            }
        }
    }

    @Test("A page without a session is accepted and closed with login_required; a native client gets a plain 401")
    func loginRequired() async throws {
        try await self.run { edge in
            let page = try await edge.connect()
            try await page.send(self.handshake(edge, ["Origin: \(edge.origin)"]))
            let text = await page.receive(until: "login_required")
            #expect(text.hasPrefix("HTTP/1.1 101"))
            #expect(text.contains("login_required"))
            await page.close()
            for fields in [[], ["Authorization: Bearer nonsense"]] {
                let native = try await edge.connect()
                try await native.send(self.handshake(edge, fields))
                #expect(await native.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 401"))
                await native.close()
            }
            let bearer = try await edge.connect()
            try await bearer.send(self.handshake(edge, ["Authorization: Bearer \(try edge.bearer("id-ana"))"]))
            #expect(await bearer.receive(until: "\"op\":\"hello\"").hasPrefix("HTTP/1.1 101"))
            await bearer.close()
        }
    }

    @Test("SSE streams events and ends when the client leaves; stop- ends an EventSource")
    func eventStream() async throws {
        try await self.run { edge in
            let cookie = try await edge.login()
            let client = try await edge.connect()
            let fields =
                "Host: \(edge.host)\r\nAccept: text/event-stream\r\nSec-Fetch-Site: same-origin\r\n\(cookie)\r\n"
            try await client.send("GET /live HTTP/1.1\r\n" + fields + "\r\n")
            let head = await client.receive(until: "\"op\":\"hello\"")
            #expect(head.contains("content-type: text/event-stream\r\n"))
            #expect(head.contains("x-accel-buffering: no\r\n"))
            try await self.publish(edge, "{\"n\":2}")
            #expect(await client.receive(until: "{\"n\":2}").contains("data: {\"id\""))
            await client.close()
            let stopped = try await edge.connect()
            try await stopped.send("GET /live HTTP/1.1\r\n" + fields + "Last-Event-ID: stop-4001\r\n\r\n")
            #expect(await stopped.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 204"))
            await stopped.close()
        }
    }

    @Test("Long-poll answers hello at once; anything else is 426; the page is served where no route is")
    func others() async throws {
        try await self.run { edge in
            let cookie = try await edge.login()
            let fields = [cookie, "Sec-Fetch-Site: same-origin"]
            let poll = try await edge.exchange("GET", "/live?poll=1", fields)
            #expect(poll.hasPrefix("HTTP/1.1 200"))
            #expect(poll.contains("\"op\":\"hello\""))
            #expect(try await edge.exchange("GET", "/live?poll=1").contains("login-required"))
            let plain = try await edge.exchange("GET", "/live", fields)
            #expect(plain.hasPrefix("HTTP/1.1 426"))
            #expect(plain.contains("upgrade: websocket"))
        }
    }
}
