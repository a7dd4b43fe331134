// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import NIOCore
import NIOHPACK
import NIOHTTP2
import TestSupport
import Testing

@testable import Edge

@Suite("Expect: 100-continue", .timeLimit(.minutes(2)))
struct ExpectTests {
    private static func head(_ edge: EdgeHarness, _ path: String = "/api/", length: Int = 5) -> String {
        "POST \(path) HTTP/1.1\r\nHost: \(edge.host)\r\nContent-Length: \(length)\r\nExpect: 100-continue\r\n\r\n"
    }

    @Test("The expectation goes upstream, the upstream's 100 lets the body come, once")
    func passedOn() async throws {
        let upstream = try await FakeUpstream.start([
            .receiveHead, .gate("wanted"), .send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"),
            .receive("hello"), .send(ProxyTests.hello), .again,
        ])
        try await EdgeHarness.run(upstream) { edge in
            let client = try await edge.connect()
            try await client.send(Self.head(edge))
            await upstream.waitForBytes(40)
            #expect(upstream.receivedText().contains("\r\nexpect: 100-continue\r\n"))
            upstream.open("wanted")
            #expect(await client.receive(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
            try await client.send("hello")
            let text = await client.receive(until: "\r\n\r\nhello")
            #expect(text.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"))
            // Whole on both sides, so both connections serve on.
            try await client.send("GET /api/ HTTP/1.1\r\nHost: \(edge.host)\r\n\r\n")
            try await eventually { upstream.receivedText().components(separatedBy: " HTTP/1.1\r\n").count == 3 }
            #expect(upstream.connectionCount == 1)
            await client.leave(orderly: false)
        }
    }

    @Test("An upstream that says nothing is given a second, then the body comes")
    func silent() async throws {
        let upstream = try await FakeUpstream.start([.receive("hello"), .send(ProxyTests.hello), .again])
        try await EdgeHarness.run(upstream) { edge in
            let client = try await edge.connect()
            try await client.send(Self.head(edge))
            #expect(await client.receive(until: "100 Continue\r\n\r\n").hasPrefix("HTTP/1.1 100 Continue\r\n\r\n"))
            try await client.send("hello")
            #expect(await client.receive(until: "\r\n\r\nhello").contains("HTTP/1.1 200"))
            await client.close()
        }
    }

    @Test("An upstream's refusal comes before the body, which is never asked for, and ends both connections")
    func refusedUpstream() async throws {
        let upstream = try await FakeUpstream.start([
            .receiveHead, .send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno"),
        ])
        try await EdgeHarness.run(upstream) { edge in
            let client = try await edge.connect()
            try await client.send(Self.head(edge))
            let text = await client.receiveAll()
            #expect(text.hasPrefix("HTTP/1.1 413 "))
            #expect(text.hasSuffix("\r\n\r\nno"))
            await upstream.waitForClose()
        }
    }

    @Test("We decide first: 401 and 413 without a 100, and nothing upstream")
    func decidedFirst() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        let routes = [
            RouteSettings(prefix: "/api/", upstream: "app", authentication: .none, body: 10),
            RouteSettings(prefix: "/private/", upstream: "app", authentication: .required),
        ]
        try await EdgeHarness.run(upstream, routes: routes) { edge in
            for (head, status) in [(Self.head(edge, "/private/"), "401"), (Self.head(edge, length: 11), "413")] {
                let client = try await edge.connect()
                try await client.send(head)
                let answer = await client.receiveAll()
                #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
                #expect(!answer.contains("100 Continue"))
            }
            #expect(upstream.connectionCount == 0)
        }
    }

    @Test("Without a body, or from HTTP/1.0, there is nothing to expect", arguments: ["HTTP/1.1", "HTTP/1.0"])
    func nothingToExpect(version: String) async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(upstream) { edge in
            let client = try await edge.connect()
            try await client.send("GET /api/ \(version)\r\nHost: \(edge.host)\r\nExpect: 100-continue\r\n\r\n")
            #expect(await client.receive(until: "hello").hasPrefix("HTTP/1.1 200"))
            #expect(!upstream.receivedText().contains("expect:"))
            await client.close()
        }
    }

    @Test("Over HTTP/2 the 100 is a field block of its own")
    func overHTTP2() async throws {
        let upstream = try await FakeUpstream.start([
            .receiveHead, .send("HTTP/1.1 100 Continue\r\n\r\n"), .receive("hello"), .send(ProxyTests.hello),
        ])
        try await EdgeHarness.run(upstream) { edge in
            let client = try await FrameClient.connect(port: edge.port)
            let stream = try await client.open(
                [
                    ":method": "POST", ":scheme": "https", ":authority": edge.host, ":path": "/api/",
                    "content-length": "5", "expect": "100-continue",
                ],
                endStream: false
            )
            await stream.wait { $0.status == "100" }
            try await stream.send(.data(.init(data: .byteBuffer(.init(string: "hello")), endStream: true)))
            await stream.wait { $0.ended }
            #expect(stream.status == "200")
            #expect(stream.text == "hello")
            await client.close()
        }
    }
}
