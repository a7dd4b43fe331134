// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import EventLog
import Live
import NIOHPACK
import NIOHTTP2
import TestSupport
import Testing
import Wire

@testable import Edge

@Suite("HTTP/2, frame by frame", .timeLimit(.minutes(5)))
struct HTTP2FrameTests {
    private func headers(_ edge: EdgeHarness, _ method: String, _ path: String) -> HPACKHeaders {
        [":method": method, ":scheme": "https", ":authority": edge.host, ":path": path]
    }

    private func withClient(
        page: (any StaticPage)? = nil,
        adjust: (inout EdgeSettings) -> Void = { _ in },
        _ body: (EdgeHarness, FrameClient) async throws -> Void
    ) async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(upstream, page: page, adjust: adjust) { edge in
            let client = try await FrameClient.connect(port: edge.port)
            try await body(edge, client)
            await client.close()
        }
    }

    @Test("A refusal arrives whole while a small body is on its way, and nothing is reset")
    func earlyAnswerSmallBody() async throws {
        try await self.withClient { edge, client in
            let stream = try await client.open(self.headers(edge, "POST", "/none"), endStream: false)
            await stream.wait { $0.ended }
            #expect(stream.status == "404")
            #expect(stream.text.contains("\"code\":\"no-route\""))
            stream.post([UInt8](repeating: 0x61, count: 100), endStream: true)
            await stream.wait { $0.isClosed }
            #expect(stream.reset == nil || stream.reset == .noError)
        }
    }

    @Test("An answer that came in one piece leaves in one frame, which also ends the stream")
    func endStreamOnData() async throws {
        try await self.withClient { edge, client in
            let stream = try await client.open(self.headers(edge, "GET", "/api/x"), endStream: true)
            await stream.wait { $0.ended }
            #expect(stream.text == "hello")
            #expect(stream.dataFrames == 1)
        }
    }

    @Test("Trailers end what is read past after an early answer")
    func earlyAnswerTrailers() async throws {
        try await self.withClient { edge, client in
            let stream = try await client.open(self.headers(edge, "POST", "/none"), endStream: false)
            await stream.wait { $0.ended }
            try await stream.send(.headers(.init(headers: ["x-trailer": "1"], endStream: true)))
            await stream.wait { $0.isClosed }
            let next = try await client.open(self.headers(edge, "GET", "/none"), endStream: true)
            await next.wait { $0.ended }
            #expect(next.status == "404")
        }
    }

    @Test("A huge body behind a refusal is reset with NO_ERROR after 64 KiB, the refusal whole")
    func earlyAnswerHugeBody() async throws {
        try await self.withClient { edge, client in
            let stream = try await client.open(self.headers(edge, "POST", "/none"), endStream: false)
            await stream.wait { $0.ended }
            stream.post([UInt8](repeating: 0x61, count: 1 << 20), endStream: false)
            await stream.wait { $0.reset != nil }
            #expect(stream.status == "404")
            #expect(stream.text.contains("\"code\":\"no-route\""))
            #expect(stream.reset == .noError)
        }
    }

    @Test("A connection may reset as many streams as the limit says; one more and it is closed")
    func resetFlood() async throws {
        try await self.withClient(adjust: { $0.limits.floods = 10 }) { edge, client in
            func resetOne() async throws {
                let stream = try await client.open(self.headers(edge, "POST", "/api/x"), endStream: false)
                try await stream.send(.rstStream(.cancel))
            }
            for _ in 0..<10 { try await resetOne() }
            let stream = try await client.open(self.headers(edge, "GET", "/none"), endStream: true)
            await stream.wait { $0.ended }
            #expect(stream.status == "404")
            try await resetOne()
            try await eventually { !client.isOpen }
        }
    }

    @Test("A connection may send as many control frames as the limit says; one more and it is closed")
    func controlFlood() async throws {
        try await self.withClient(adjust: { $0.limits.floods = 10 }) { edge, client in
            let stream = try await client.open(self.headers(edge, "GET", "/none"), endStream: true)
            await stream.wait { $0.ended }
            #expect(stream.status == "404")
            // The handshake has its own; how many is the library's business.
            for _ in 0..<5 { try await client.ping() }
            let next = try await client.open(self.headers(edge, "GET", "/none"), endStream: true)
            await next.wait { $0.ended }
            #expect(next.status == "404")
            // The connection may be gone before the last of them.
            for _ in 0..<6 { try? await client.ping() }
            try await eventually { !client.isOpen }
        }
    }

    private struct Page: StaticPage {
        func file(at path: String) -> StaticFile? {
            guard path == "/" else { return nil }
            return StaticFile(
                body: Array("<p>hi".utf8),
                contentType: "text/html; charset=utf-8",
                fields: [("x-page", "1")]
            )
        }
    }

    @Test("The page answers GET and HEAD, over HTTP/1.1 and HTTP/2; other methods are 405")
    func page() async throws {
        try await self.withClient(page: Page()) { edge, client in
            let get = try await edge.exchange("GET", "/")
            #expect(get.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(get.contains("content-type: text/html; charset=utf-8\r\n"))
            #expect(get.contains("x-page: 1\r\n"))
            #expect(get.hasSuffix("\r\n\r\n<p>hi"))
            let head = try await edge.exchange("HEAD", "/")
            #expect(head.contains("content-length: 5\r\n"))
            #expect(head.hasSuffix("\r\n\r\n"))
            let post = try await edge.exchange("POST", "/")
            #expect(post.hasPrefix("HTTP/1.1 405"))
            #expect(post.contains("allow: GET, HEAD\r\n"))
            for (method, status, body) in [("GET", "200", "<p>hi"), ("HEAD", "200", ""), ("POST", "405", nil)] {
                let stream = try await client.open(self.headers(edge, method, "/"), endStream: true)
                await stream.wait { $0.ended }
                #expect(stream.status == status)
                if let body { #expect(stream.text == body) }
            }
        }
    }

    @Test("SSE flows over a stream and stops with it")
    func eventStream() async throws {
        try await self.withClient { edge, client in
            try await eventually { edge.hub.isReady }
            let cookie = try await edge.login().dropFirst("Cookie: ".count)
            var headers = self.headers(edge, "GET", "/live")
            headers.add(name: "accept", value: "text/event-stream")
            headers.add(name: "sec-fetch-site", value: "same-origin")
            headers.add(name: "cookie", value: String(cookie))
            let stream = try await client.open(headers, endStream: true)
            await stream.wait { String(decoding: $0.body, as: UTF8.self).contains("\"op\":\"hello\"") }
            #expect(stream.status == "200")
            _ = try await edge.log.append([
                NewEvent(topic: Topic("user.id-ana"), data: Array("{\"n\":3}".utf8), key: nil)
            ])
            await stream.wait { String(decoding: $0.body, as: UTF8.self).contains("{\"n\":3}") }
            #expect(stream.text.contains("{\"n\":3}"))
            try await stream.send(.rstStream(.cancel))
            let next = try await client.open(self.headers(edge, "GET", "/none"), endStream: true)
            await next.wait { $0.ended }
            #expect(next.status == "404")
        }
    }
}
