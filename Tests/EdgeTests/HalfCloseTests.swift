// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import Live
import TestSupport
import Testing

@testable import Edge

@Suite("Clients that end their side first", .timeLimit(.minutes(2)))
struct HalfCloseTests {
    enum Door: CaseIterable { case tls, plain }

    private static func connect(_ edge: EdgeHarness, _ door: Door) async throws -> (RawClient, host: String) {
        switch door {
        case .tls: (try await edge.connect(), edge.host)
        case .plain: (try await edge.connectInternal(), "localhost")
        }
    }

    @Test(
        "A client that said its last word gets its answer whole, and the connection ends in order",
        arguments: Door.allCases
    )
    func answered(door: Door) async throws {
        let upstream = try await FakeUpstream.start([.receiveHead, .gate("answer"), .send(ProxyTests.hello)])
        try await EdgeHarness.run(upstream) { edge in
            let (client, host) = try await Self.connect(edge, door)
            try await client.send("GET /api/ HTTP/1.1\r\nHost: \(host)\r\n\r\n")
            await upstream.waitForBytes(20)
            try await client.endOutput()
            // The sign that the end was noticed, and that the request survived it.
            await client.receive(until: "HTTP/1.1 100 Continue\r\n\r\n")
            upstream.open("answer")
            let text = await client.receiveAll()
            #expect(text.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"))
            #expect(text.hasSuffix("\r\n\r\nhello"))
            #expect(client.error == nil)
        }
    }

    @Test("Requests sent ahead of the end are all answered, a body and a large answer too", arguments: Door.allCases)
    func pipelined(door: Door) async throws {
        let block = [UInt8](repeating: 0x61, count: 64 << 10)
        let upstream = try await FakeUpstream.start([
            .receive("one"), .send(ProxyTests.hello), .receiveHead,
            .send("HTTP/1.1 200 OK\r\nContent-Length: \(block.count * 128)\r\n\r\n"),
            .sendRepeatedly(block, times: 128), .again,
        ])
        try await EdgeHarness.run(upstream) { edge in
            let (client, host) = try await Self.connect(edge, door)
            let fields = "Host: \(host)\r\n"
            try await client.send(
                "POST /api/ HTTP/1.1\r\n\(fields)Content-Length: 3\r\n\r\noneGET /api/ HTTP/1.1\r\n\(fields)\r\n"
            )
            // Sent, so the handshake is over, which needs reading.
            try await client.setReading(false)
            try await client.endOutput()
            await upstream.waitForBytes(200)
            try await client.setReading(true)
            let text = await client.receiveAll()
            #expect(text.components(separatedBy: "HTTP/1.1 200 OK\r\n").count == 3)
            #expect(client.byteCount > block.count * 128)
            #expect(text.hasSuffix("aaaa"))
            #expect(client.error == nil)
        }
    }

    @Test("An end in the middle of a head or a body is a client that is gone", arguments: Door.allCases)
    func cutRequest(door: Door) async throws {
        let upstream = try await FakeUpstream.start([.receive("abc")])
        try await EdgeHarness.run(upstream) { edge in
            let (head, host) = try await Self.connect(edge, door)
            try await head.send("GET /api/ HTTP/1.1\r\nHo")
            try await head.endOutput()
            #expect(await head.receiveAll().isEmpty)
            let (body, _) = try await Self.connect(edge, door)
            try await body.send("POST /api/ HTTP/1.1\r\nHost: \(host)\r\nContent-Length: 9\r\n\r\nabc")
            await upstream.waitForBytes(40)
            try await body.endOutput()
            #expect(await body.receiveAll().isEmpty)
            await upstream.waitForClose()
        }
    }

    @Test("An end that TLS knows nothing of may be an attacker's: the request goes no further")
    func endBelowTLS() async throws {
        let upstream = try await FakeUpstream.start([.receiveHead])
        try await EdgeHarness.run(upstream) { edge in
            let client = try await edge.connect()
            try await client.send("GET /api/ HTTP/1.1\r\nHost: \(edge.host)\r\n\r\n")
            await upstream.waitForBytes(20)
            try await client.endOutput(belowTLS: true)
            await upstream.waitForClose()
            #expect(await client.receiveAll().isEmpty)
        }
    }

    @Test(
        "A client that is gone altogether is told from one that listens, and its request is taken back",
        arguments: Door.allCases,
        [true, false]
    )
    func gone(door: Door, orderly: Bool) async throws {
        let upstream = try await FakeUpstream.start([.receiveHead])
        try await EdgeHarness.run(upstream) { edge in
            let (client, host) = try await Self.connect(edge, door)
            try await client.send("GET /api/ HTTP/1.1\r\nHost: \(host)\r\n\r\n")
            await upstream.waitForBytes(20)
            await client.leave(orderly: orderly)
            await upstream.waitForClose()
        }
    }

    @Test("An idle connection and a live stream end when the client ends its side")
    func idleAndLive() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(upstream) { edge in
            let idle = try await edge.connect()
            try await idle.send("GET /api/ HTTP/1.1\r\nHost: \(edge.host)\r\n\r\n")
            await idle.receive(until: "hello")
            try await idle.endOutput()
            await idle.receiveAll()
            #expect(idle.error == nil)
            try await eventually { edge.hub.isReady }
            let stream = try await edge.connect()
            let cookie = try await edge.login()
            try await stream.send(
                "GET /live HTTP/1.1\r\nHost: \(edge.host)\r\n\(cookie)\r\nAccept: text/event-stream\r\nSec-Fetch-Site: same-origin\r\n\r\n"
            )
            await stream.receive(until: "text/event-stream")
            try await eventually { edge.hub.connectionCount == 1 }
            try await stream.endOutput()
            await stream.receiveAll()
            try await eventually { edge.hub.connectionCount == 0 }
        }
    }

    @Test("The end of an answer waits for a slow reader, not for the time a finished one lingers")
    func slowReaderOfTheEnd() async throws {
        let block = [UInt8](repeating: 0x61, count: 64 << 10)
        let upstream = try await FakeUpstream.start([
            .receiveHead, .send("HTTP/1.1 200 OK\r\nContent-Length: \(block.count * 128)\r\n\r\n"),
            .sendRepeatedly(block, times: 128),
        ])
        try await EdgeHarness.run(
            upstream,
            adjust: {
                $0.limits.linger = .nanoseconds(1)
                $0.limits.keepAlive = .milliseconds(40)  // a tick every 10 ms
            }
        ) { edge in
            // On a busy machine the short life of an idle connection is over before the request is here: another one then.
            let client = try await eventualValue {
                let client = try await edge.connect()
                try? await client.send("GET /api/ HTTP/1.1\r\nHost: \(edge.host)\r\nConnection: close\r\n\r\n")
                await client.receive(until: "\r\n\r\n")
                return client.byteCount > 0 ? client : nil
            }
            // Reads a piece now and then: whenever the last of the answer leaves the edge, ticks pass before it is read.
            for _ in 0..<40 {
                do {
                    try await client.setReading(false)
                    try await Task.sleep(for: .milliseconds(5))
                    try await client.setReading(true)
                } catch { break }  // all was read, and the connection is closed
                await Task.yield()
            }
            await client.receiveAll()
            #expect(client.byteCount > block.count * 128)
            #expect(client.error == nil)
        }
    }
}
