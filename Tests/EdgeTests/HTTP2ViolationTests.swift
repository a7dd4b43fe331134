// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import TestSupport
import Testing

@testable import Edge

/// What RFC 9113 forbids, byte by byte over TLS, and the error it is answered with.
@Suite("HTTP/2, against its rules", .timeLimit(.minutes(5)))
struct HTTP2ViolationTests {
    private typealias Bytes = HTTP2Bytes

    struct Case: Sendable {
        let name: String
        let answer: HTTP2Bytes.Answer
        /// For a host.
        let bytes: @Sendable (String) -> [UInt8]

        init(_ name: String, _ answer: HTTP2Bytes.Answer, _ bytes: @escaping @Sendable (String) -> [UInt8]) {
            self.name = name
            self.answer = answer
            self.bytes = bytes
        }

        static func connection(
            _ code: HTTP2Code,
            _ name: String,
            _ frames: @escaping @Sendable (String) -> [UInt8]
        ) -> Case {
            Case(name, .goAway(code.rawValue)) { HTTP2Bytes.hello + frames($0) }
        }

        static func stream(
            _ code: HTTP2Code,
            _ name: String,
            _ frames: @escaping @Sendable (String) -> [UInt8]
        ) -> Case {
            Case(name, .reset(code.rawValue)) { HTTP2Bytes.hello + frames($0) }
        }
    }

    private static let beginnings: [Case] = [
        Case("HTTP/1.1 in place of the preface", .goAway(1)) { _ in Array("GET / HTTP/1.1\r\n\r\n".utf8) },
        Case("another frame before SETTINGS", .goAway(1)) { _ in
            Bytes.preface + Bytes.frame(6, 0, 0, [UInt8](repeating: 0, count: 8))
        },
        Case("an acknowledgement before SETTINGS", .goAway(1)) { _ in Bytes.preface + Bytes.frame(4, 1) },
    ]

    private static let settings: [Case] = [
        .connection(.frameSizeError, "SETTINGS acknowledged with a payload") { _ in Bytes.frame(4, 1, 0, [0]) },
        .connection(.frameSizeError, "SETTINGS of five bytes") { _ in Bytes.frame(4, 0, 0, [0, 1, 0, 0, 0]) },
        .connection(.protocolError, "SETTINGS on a stream") { _ in Bytes.frame(4, 0, 1) },
        .connection(.protocolError, "ENABLE_PUSH 2") { _ in Bytes.setting(2, 2) },
        .connection(.flowControlError, "INITIAL_WINDOW_SIZE 2^31") { _ in Bytes.setting(4, 1 << 31) },
        .connection(.protocolError, "MAX_FRAME_SIZE 16,383") { _ in Bytes.setting(5, 16_383) },
        .connection(.protocolError, "MAX_FRAME_SIZE 2^24") { _ in Bytes.setting(5, 1 << 24) },
        .connection(.flowControlError, "INITIAL_WINDOW_SIZE that overflows an open stream's") { host in
            Bytes.frame(1, 4, 1, Bytes.head(0x83, host: host)) + Bytes.frame(8, 0, 1, Bytes.word(0x7FFF_FFFF - 65_535))
                + Bytes.setting(4, 65_536)
        },
    ]

    private static let frames: [Case] = [
        .connection(.frameSizeError, "a frame of 16,385 bytes") { _ in
            Bytes.frame(1, 4, 1, [UInt8](repeating: 0, count: 16_385))
        },
        .connection(.protocolError, "DATA on stream 0") { _ in Bytes.frame(0, 0, 0, [1]) },
        .connection(.protocolError, "DATA on an idle stream") { _ in Bytes.frame(0, 0, 1, [1]) },
        .connection(.protocolError, "DATA padded beyond its end") { host in
            Bytes.frame(1, 4, 1, Bytes.head(0x83, host: host)) + Bytes.frame(0, 8, 1, [5, 1, 2, 3])
        },
        .connection(.protocolError, "HEADERS on stream 0") { Bytes.frame(1, 5, 0, Bytes.head(host: $0)) },
        .connection(.protocolError, "HEADERS on an even stream") { Bytes.frame(1, 5, 2, Bytes.head(host: $0)) },
        .connection(.protocolError, "a stream id that was passed over") {
            Bytes.frame(1, 5, 5, Bytes.head(host: $0)) + Bytes.frame(1, 5, 3, Bytes.head(host: $0))
        },
        .connection(.protocolError, "HEADERS padded beyond their end") { _ in Bytes.frame(1, 0xD, 1, [9, 0x82]) },
        .connection(.frameSizeError, "HEADERS too short for a priority") { _ in Bytes.frame(1, 0x25, 1, [0, 0, 0]) },
        .connection(.protocolError, "CONTINUATION of nothing") { Bytes.frame(9, 4, 1, Bytes.head(host: $0)) },
        .connection(.protocolError, "PING within a field block") { _ in
            Bytes.frame(1, 1, 1, [0x82]) + Bytes.frame(6, 0, 0, [UInt8](repeating: 0, count: 8))
        },
        .connection(.protocolError, "an unknown frame within a field block") { _ in
            Bytes.frame(1, 1, 1, [0x82]) + Bytes.frame(0xAA, 0, 1, [0])
        },
        .connection(.protocolError, "CONTINUATION of another stream") { _ in
            Bytes.frame(1, 1, 1, [0x82]) + Bytes.frame(9, 4, 3, [0x87])
        },
        .connection(.enhanceYourCalm, "a field block in ten pieces") { _ in
            Bytes.frame(1, 1, 1, [0x82]) + (0..<9).flatMap { _ in Bytes.frame(9, 0, 1, []) }
        },
        .connection(.protocolError, "RST_STREAM of an idle stream") { _ in Bytes.frame(3, 0, 1, Bytes.word(8)) },
        .connection(.protocolError, "RST_STREAM of stream 0") { _ in Bytes.frame(3, 0, 0, Bytes.word(8)) },
        .connection(.frameSizeError, "RST_STREAM of three bytes") { _ in Bytes.frame(3, 0, 1, [0, 0, 8]) },
        .connection(.protocolError, "PRIORITY of stream 0") { _ in Bytes.frame(2, 0, 0, [0, 0, 0, 0, 1]) },
        .stream(.frameSizeError, "PRIORITY of four bytes") { _ in Bytes.frame(2, 0, 1, [0, 0, 0, 0]) },
        .connection(.protocolError, "PUSH_PROMISE") { _ in Bytes.frame(5, 4, 1, Bytes.word(2)) },
        .connection(.frameSizeError, "PING of seven bytes") { _ in Bytes.frame(6, 0, 0, [UInt8](repeating: 0, count: 7))
        },
        .connection(.protocolError, "PING on a stream") { _ in Bytes.frame(6, 0, 1, [UInt8](repeating: 0, count: 8)) },
        .connection(.protocolError, "GOAWAY on a stream") { _ in Bytes.frame(7, 0, 1, [UInt8](repeating: 0, count: 8))
        },
        .connection(.frameSizeError, "GOAWAY of seven bytes") { _ in
            Bytes.frame(7, 0, 0, [UInt8](repeating: 0, count: 7))
        },
        .connection(.protocolError, "WINDOW_UPDATE by 0") { _ in Bytes.frame(8, 0, 0, Bytes.word(0)) },
        .connection(.flowControlError, "WINDOW_UPDATE beyond 2^31 - 1") { _ in
            Bytes.frame(8, 0, 0, Bytes.word(0x7FFF_FFFF))
        },
        .connection(.frameSizeError, "WINDOW_UPDATE of three bytes") { _ in Bytes.frame(8, 0, 0, [0, 0, 1]) },
        .connection(.protocolError, "WINDOW_UPDATE of an idle stream") { _ in Bytes.frame(8, 0, 1, Bytes.word(1)) },
        .connection(.enhanceYourCalm, "two empty DATA in a row") { host in
            Bytes.frame(1, 4, 1, Bytes.head(0x83, host: host)) + Bytes.frame(0, 0, 1) + Bytes.frame(0, 0, 1)
        },
        .connection(.compressionError, "index 0") { _ in Bytes.frame(1, 5, 1, [0x80]) },
        .connection(.compressionError, "a field block that is cut off") { _ in Bytes.frame(1, 5, 1, [0x40, 9]) },
        .connection(.compressionError, "broken blocks also on streams nobody wants") { host in
            Bytes.frame(1, 5, 1, Bytes.head(host: host)) + Bytes.frame(1, 5, 1, [0x80])
        },
    ]

    private static let streams: [Case] = [
        .stream(.streamClosed, "DATA behind END_STREAM") {
            Bytes.frame(1, 5, 1, Bytes.head(host: $0)) + Bytes.frame(0, 1, 1, [1])
        },
        .stream(.streamClosed, "HEADERS behind END_STREAM") {
            Bytes.frame(1, 5, 1, Bytes.head(host: $0)) + Bytes.frame(1, 5, 1, Bytes.head(host: $0))
        },
        .stream(.streamClosed, "DATA behind RST_STREAM") {
            Bytes.frame(1, 4, 1, Bytes.head(0x83, host: $0)) + Bytes.frame(3, 0, 1, Bytes.word(8))
                + Bytes.frame(0, 1, 1, [1])
        },
        .stream(.protocolError, "a second HEADERS without END_STREAM") {
            Bytes.frame(1, 4, 1, Bytes.head(0x83, host: $0)) + Bytes.frame(1, 4, 1, Bytes.literal("x", "y"))
        },
        .stream(.protocolError, "trailers with a pseudo-field") {
            Bytes.frame(1, 4, 1, Bytes.head(0x83, host: $0)) + Bytes.frame(1, 5, 1, [0x82])
        },
        .stream(.protocolError, "WINDOW_UPDATE of a stream by 0") {
            Bytes.frame(1, 4, 1, Bytes.head(0x83, host: $0)) + Bytes.frame(8, 0, 1, Bytes.word(0))
        },
        .stream(.flowControlError, "WINDOW_UPDATE of a stream beyond 2^31 - 1") {
            Bytes.frame(1, 4, 1, Bytes.head(0x83, host: $0)) + Bytes.frame(8, 0, 1, Bytes.word(0x7FFF_FFFF))
        },
        .stream(.protocolError, "DATA shorter than content-length") {
            Bytes.frame(1, 4, 1, Bytes.head(0x83, host: $0) + Bytes.literal("content-length", "5"))
                + Bytes.frame(0, 1, 1, [1])
        },
        .stream(.protocolError, "DATA longer than content-length") {
            Bytes.frame(1, 4, 1, Bytes.head(0x83, host: $0) + Bytes.literal("content-length", "1"))
                + Bytes.frame(0, 0, 1, [1, 2])
        },
        .stream(.protocolError, "an upper-case name") {
            Bytes.frame(1, 5, 1, Bytes.head(host: $0) + Bytes.literal("X-A", "b"))
        },
        .stream(.protocolError, "a connection field") {
            Bytes.frame(1, 5, 1, Bytes.head(host: $0) + Bytes.literal("connection", "close"))
        },
        .stream(.protocolError, "te other than trailers") {
            Bytes.frame(1, 5, 1, Bytes.head(host: $0) + Bytes.literal("te", "gzip"))
        },
        .stream(.protocolError, "a pseudo-field behind a field") {
            Bytes.frame(1, 5, 1, Bytes.literal("x", "y") + Bytes.head(host: $0))
        },
        .stream(.protocolError, "an unknown pseudo-field") {
            Bytes.frame(1, 5, 1, Bytes.literal(":x", "y") + Bytes.head(host: $0))
        },
        .stream(.protocolError, "a repeated pseudo-field") {
            Bytes.frame(1, 5, 1, [0x82] + Bytes.head(host: $0))
        },
        .stream(.protocolError, "no :path") { _ in Bytes.frame(1, 5, 1, [0x82, 0x87]) },
    ]

    static let cases = beginnings + settings + frames + streams

    @Test("Each violation is answered with its error", arguments: Self.cases.indices)
    func violations(index: Int) async throws {
        let test = Self.cases[index]
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(upstream) { edge in
            let client = try await edge.connect(protocols: ["h2"])
            try await client.send(test.bytes(edge.host))
            try await eventually { HTTP2Bytes.answers(client.bytes).contains(test.answer) }
            if case .goAway = test.answer {
                await client.receiveAll()
            } else {
                // The connection lives on.
                try await client.send(Bytes.frame(6, 0, 0, [UInt8](repeating: 7, count: 8)))
                try await eventually { HTTP2Bytes.answers(client.bytes).contains(.ping) }
            }
            #expect(upstream.receivedByteCount == 0, "\(test.name)")
            await client.close()
        }
    }

    @Test("What a client may say without being understood changes nothing")
    func unknown() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(upstream) { edge in
            let client = try await edge.connect(protocols: ["h2"])
            let frames =
                Bytes.hello + Bytes.setting(0xF0, 7) + Bytes.frame(0xAA, 0xFF, 3, [1, 2]) + Bytes.frame(4, 1)
                + Bytes.frame(2, 0, 9, [0, 0, 0, 1, 2]) + Bytes.frame(6, 1, 0, [UInt8](repeating: 9, count: 8))
                + Bytes.frame(1, 0x2D, 1, [2, 0, 0, 0, 0, 9] + Bytes.head(host: edge.host) + [0, 0])
                + Bytes.frame(8, 0, 1, Bytes.word(1)) + Bytes.frame(2, 0, 1, [0, 0, 0, 1, 2])
            try await client.send(frames)
            try await eventually { HTTP2Bytes.answers(client.bytes).contains(.headers(0x8D)) }
            #expect(!HTTP2Bytes.answers(client.bytes).contains { if case .goAway = $0 { true } else { false } })
            await client.close()
        }
    }

    @Test("An answer waits for its window, byte by byte")
    func tinyWindow() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(upstream) { edge in
            let client = try await edge.connect(protocols: ["h2"])
            let head = Bytes.head(host: edge.host, path: "/api/x")
            try await client.send(Bytes.preface + Bytes.setting(4, 1) + Bytes.frame(1, 5, 1, head))
            try await eventually { HTTP2Bytes.answers(client.bytes).last == .data("h") }
            try await client.send(Bytes.frame(8, 0, 1, Bytes.word(2)))
            try await eventually { HTTP2Bytes.answers(client.bytes).last == .data("el") }
            try await client.send(Bytes.setting(4, 10))
            try await eventually { HTTP2Bytes.answers(client.bytes).last == .data("lo") }
            await client.close()
        }
    }

    @Test("A field block that never ends is cut off by time")
    func slowHead() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(upstream, adjust: { $0.limits.head = .milliseconds(50) }) { edge in
            // On a busy machine the time may be up before the settings are here: another fault, and another try.
            try await eventually {
                let client = try await edge.connect(protocols: ["h2"])
                try? await client.send(Bytes.hello + Bytes.frame(1, 1, 1, [0x82]))
                await client.receiveAll()
                return HTTP2Bytes.answers(client.bytes).contains(.goAway(HTTP2Code.enhanceYourCalm.rawValue))
            }
        }
    }

    @Test("A connection that has served its requests says so, finishes them and ends")
    func requestCap() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(upstream, adjust: { $0.limits.requestsPerConnection = 2 }) { edge in
            let client = try await edge.connect(protocols: ["h2"])
            try await client.send(Bytes.hello + Bytes.frame(1, 5, 1, Bytes.head(host: edge.host)))
            try await eventually { HTTP2Bytes.answers(client.bytes).contains(.headers(0x8D)) }
            #expect(!HTTP2Bytes.answers(client.bytes).contains(.goAway(0)))
            try await client.send(Bytes.frame(1, 5, 3, Bytes.head(host: edge.host)))
            await client.receiveAll()
            let answers = HTTP2Bytes.answers(client.bytes)
            #expect(answers.filter { $0 == .headers(0x8D) }.count == 2)
            #expect(answers.filter { $0 == .goAway(0) }.count == 2)
        }
    }

    @Test("Streams over the limit are refused, for another try")
    func streamLimit() async throws {
        let upstream = try await FakeUpstream.start([.receiveHead])
        try await EdgeHarness.run(upstream, adjust: { $0.limits.streams = 1 }) { edge in
            let client = try await edge.connect(protocols: ["h2"])
            let head = Bytes.head(host: edge.host, path: "/api/x")
            try await client.send(Bytes.hello + Bytes.frame(1, 5, 1, head) + Bytes.frame(1, 5, 3, head))
            try await eventually { HTTP2Bytes.answers(client.bytes).contains(.reset(HTTP2Code.refusedStream.rawValue)) }
            await client.close()
        }
    }
}
