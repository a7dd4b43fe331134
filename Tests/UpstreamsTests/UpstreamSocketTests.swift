// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import HTTPMessages
import NIOCore
import TestSupport
import Testing

@testable import Upstreams

@Suite("Exchanges over sockets", .timeLimit(.minutes(5)))
struct UpstreamSocketTests {
    private static let ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"

    @Test("Keep-alive: the second request takes the first one's connection")
    func reuse() async throws {
        let fake = try await FakeUpstream.answering(Self.ok)
        let harness = try await Harness(port: fake.port)
        for target in ["/1", "/2"] {
            let exchange = try await harness.send(.get, target)
            #expect(try await exchange.events == ["200 length(2)", "end"])
            #expect(try await exchange.body == "ok")
        }
        #expect(fake.connectionCount == 1)
        #expect(fake.receivedText() == "GET /1 HTTP/1.1\r\nhost: a\r\n\r\nGET /2 HTTP/1.1\r\nhost: a\r\n\r\n")
        #expect(try await harness.run { [$0.idleCount, $0.leasedCount] } == [1, 0])
        #expect(harness.upstream.inFlight == 0)
        try await harness.run { $0.shutdown() }
        await fake.waitForClose()
        #expect(try await harness.run { $0.idleCount } == 0)
        await fake.stop()
    }

    @Test(
        "An answer that leaves a doubt ends its connection",
        arguments: [
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokEXCESS",
            "HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nkeep-alive: timeout=1\r\n\r\nok",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        ]
    )
    func doubt(answer: String) async throws {
        let fake = try await FakeUpstream.answering(answer)
        let harness = try await Harness(port: fake.port)
        let exchange = try await harness.send()
        #expect(try await exchange.body == "ok")
        #expect(try await exchange.events.last == "end")
        await fake.waitForClose()
        #expect(try await harness.run { $0.idleCount } == 0)
        await fake.stop()
    }

    @Test("A body that comes faster than the connection is held back at once, not when it stands")
    func heldBackWhileConnecting() async throws {
        let fake = try await FakeUpstream.start([.receive("end"), .send(Self.ok)])
        let harness = try await Harness(port: fake.port)
        let part = String(repeating: "x", count: 70 << 10)
        let exchange = try await harness.send(
            .post,
            body: [part, "end"],
            framing: .length(part.utf8.count + 3)
        )
        #expect(try await exchange.events.first == "writable false")
        #expect(try await exchange.events.contains("writable true"))
        #expect(try await exchange.events.last == "end")
        await fake.stop()
    }

    @Test("Bytes that come while a connection rests end it")
    func strayBytes() async throws {
        let fake = try await FakeUpstream.start([.receiveHead, .send(Self.ok), .gate("later"), .send(Self.ok)])
        let harness = try await Harness(port: fake.port)
        _ = try await harness.send()
        fake.open("later")
        await fake.waitForClose()
        try await eventually { try await harness.run { $0.idleCount } == 0 }
        await fake.stop()
    }

    @Test("An answer that comes byte by byte is the same answer")
    func dribble() async throws {
        let answer =
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\n"
            + "transfer-encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nt: u\r\n\r\n"
        let fake = try await FakeUpstream.start([.receiveHead, .dribble(answer, pieceSize: 1)])
        let harness = try await Harness(port: fake.port)
        let exchange = try await harness.send()
        #expect(try await exchange.events == ["103", "200 chunked", "end"])
        #expect(try await exchange.body == "abcde")
        #expect(try await harness.run { $0.idleCount } == 1)
        await fake.stop()
    }

    @Test("A body until close ends with FIN, and is cut off by a reset")
    func untilClose() async throws {
        let head = "HTTP/1.1 200 OK\r\n\r\nabc"
        let fake = try await FakeUpstream.start(
            [.receiveHead, .send(head), .close],
            [.receiveHead, .send(head), .gate("seen"), .reset]
        )
        let harness = try await Harness(port: fake.port)
        let clean = try await harness.send()
        #expect(try await clean.events == ["200 untilClose", "end"])
        #expect(try await clean.body == "abc")
        let cut = try await harness.start()
        try await eventually { try await cut.body == "abc" }
        fake.open("seen")
        await cut.ended()
        #expect(try await cut.events == ["200 untilClose", "failed reset"])
        await fake.stop()
    }

    @Test(
        "An answer cut short is never a clean end",
        arguments: [
            ("", "failed reset"), ("HTTP/1.1 200 OK\r\ncont", "failed reset"),
            ("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc", "failed reset"),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n", "failed reset"),
            ("SSH-2.0-OpenSSH\r\n", "failed bad-message"),
            ("HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n", "failed bad-message"),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", "failed bad-message"),
            ("HTTP/1.1 101 Switching Protocols\r\n\r\n", "failed bad-message"),
            (String(repeating: "HTTP/1.1 102 Processing\r\n\r\n", count: 11), "failed bad-message"),
            ("HTTP/1.1 200 OK\r\nx: " + String(repeating: "a", count: 40_000), "failed bad-message"),
        ]
    )
    func truncated(answer: String, expected: String) async throws {
        for end in [FakeUpstream.Step.close, .reset] {
            let fake = try await FakeUpstream.start([.receiveHead, .send(answer), end])
            let harness = try await Harness(port: fake.port)
            let exchange = try await harness.send()
            let last = try await exchange.events.last
            // A reset may overtake the bytes before it.
            if case .reset = end {
                #expect(last == expected || last == "failed reset")
            } else {
                #expect(last == expected)
            }
            #expect(try await harness.run { [$0.idleCount, $0.leasedCount] } == [0, 0])
            #expect(harness.upstream.inFlight == 0 && harness.upstream.endpoints[0].inFlight == 0)
            await fake.stop()
        }
    }

    @Test("Nobody listening is unreachable")
    func refused() async throws {
        let harness = try await Harness(port: try FreePort.find())
        #expect(try await harness.send().events == ["failed unreachable"])
    }

    @Test("A stale connection costs a GET one fresh try; a POST fails and arrives once")
    func stale() async throws {
        let first: [FakeUpstream.Step] = [.receiveHead, .send(Self.ok), .receiveHead, .reset]
        let fake = try await FakeUpstream.start(
            first,
            [.receiveHead, .send(Self.ok), .receiveHead, .reset],
            [.receiveHead, .reset]
        )
        let harness = try await Harness(port: fake.port)
        _ = try await harness.send(.get, "/1")
        let again = try await harness.send(.get, "/2")
        #expect(try await again.events == ["200 length(2)", "end"])
        #expect(fake.connectionCount == 2)
        let post = try await harness.send(.post, "/3")
        #expect(try await post.events == ["failed reset"])
        #expect(fake.connectionCount == 2)
        #expect(fake.receivedText(1).ranges(of: "POST /3").count == 1)
        await fake.stop()
    }

    @Test("A fresh try that is lost too is retried once, and that was all")
    func staleTwice() async throws {
        let fake = try await FakeUpstream.start(
            [.receiveHead, .send(Self.ok), .receiveHead, .reset],
            [.receiveHead, .reset]
        )
        let harness = try await Harness(port: fake.port)
        _ = try await harness.send()
        #expect(try await harness.send().events == ["failed reset"])
        #expect(fake.connectionCount == 3)
        await fake.stop()
    }

    @Test("Request bodies are framed as declared")
    func bodies() async throws {
        let fake = try await FakeUpstream.start([
            .receive("abcde"), .send(Self.ok), .receive("0\r\n\r\n"), .send(Self.ok),
        ])
        let harness = try await Harness(port: fake.port)
        _ = try await harness.send(.post, "/l", body: ["abc", "de"])
        _ = try await harness.send(.post, "/c", body: ["abc", "", "de"], framing: .chunked)
        let expected =
            "POST /l HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nabcde"
            + "POST /c HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        #expect(fake.receivedText() == expected)
        await fake.stop()
    }

    @Test("A body that breaks its declared length ends the exchange, the connection with it")
    func wrongLength() async throws {
        let fake = try await FakeUpstream.start([])
        let harness = try await Harness(port: fake.port)
        #expect(try await harness.send(.post, body: ["abc"], framing: .length(2)).events == ["failed bad-message"])
        #expect(try await harness.send(.post, body: ["abc"], framing: .length(4)).events == ["failed bad-message"])
        #expect(harness.upstream.inFlight == 0)
        await fake.stop()
    }

    @Test("An early answer is delivered and its connection closed")
    func early() async throws {
        let fake = try await FakeUpstream.start([.receiveHead, .send("HTTP/1.1 413 X\r\ncontent-length: 0\r\n\r\n")])
        let harness = try await Harness(port: fake.port)
        let exchange = try await harness.start(.post, body: ["abc"], framing: .length(9), finishes: false)
        await exchange.ended()
        #expect(try await exchange.events == ["413 length(0)", "end"])
        await fake.waitForClose()
        #expect(try await harness.run { $0.idleCount } == 0)
        await fake.stop()
    }

    @Test("A slow consumer holds back the upstream, and gets everything in the end")
    func backpressure() async throws {
        let block = [UInt8](repeating: 0x61, count: 64 * 1024)
        let size = block.count * 512
        let fake = try await FakeUpstream.start([
            .receiveHead, .send("HTTP/1.1 200 OK\r\ncontent-length: \(size)\r\n\r\n"),
            .sendRepeatedly(block, times: 512),
        ])
        let harness = try await Harness(port: fake.port)
        let exchange = try await harness.start(pauses: true)
        try await eventually { try await exchange.events.count == 1 }
        // Paused at the head and after every read: each turn may bring one read, never more.
        var seen = try await exchange.byteCount
        for _ in 0..<20 {
            try await exchange.run { $0.exchange?.resumeReading() }
            let now = try await exchange.byteCount
            #expect(now - seen <= 2 * 64 * 1024)
            seen = now
        }
        #expect(seen < size)
        while try await !exchange.events.contains("end") {
            try await exchange.run { $0.exchange?.resumeReading() }
        }
        #expect(try await exchange.byteCount == size)
        await fake.stop()
    }

    @Test("A request body nobody takes turns the exchange unwritable")
    func unwritable() async throws {
        let fake = try await FakeUpstream.start([.stopReading])
        let harness = try await Harness(port: fake.port)
        let exchange = try await harness.start(.post, framing: .chunked, finishes: false)
        let block = ByteBuffer(repeating: 0x61, count: 256 * 1024)
        try await eventually {
            try await exchange.run { recorder in
                recorder.exchange?.write(block)
                recorder.exchange?.flush()
                return recorder.exchange?.isWritable == false && recorder.events.contains("writable false")
            }
        }
        try await exchange.run { $0.cancel() }
        #expect(harness.upstream.inFlight == 0)
        #expect(try await harness.run { $0.leasedCount } == 0)
        await fake.stop()
    }

    @Test("Cancelling closes the connection and says nothing more")
    func cancel() async throws {
        let fake = try await FakeUpstream.start([
            .receiveHead, .send("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"),
        ])
        let harness = try await Harness(port: fake.port)
        let exchange = try await harness.start()
        try await eventually { try await exchange.body == "abc" }
        try await exchange.run { $0.cancel() }
        await fake.waitForClose()
        #expect(try await exchange.events == ["200 length(9)"])
        #expect(try await harness.run { [$0.idleCount, $0.leasedCount] } == [0, 0])
        await fake.stop()
    }

    @Test("An upstream that does not answer, or stops within a body, is given up in time")
    func timeouts() async throws {
        let fake = try await FakeUpstream.start(
            [.receiveHead],
            [.receiveHead, .send("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc")]
        )
        // Each limit short where it is meant to strike and long where it is not.
        let silent = try await Harness(port: fake.port) { $0.headTimeout = .milliseconds(50) }
        #expect(try await silent.send().events == ["failed head-timeout"])
        let stalling = try await Harness(port: fake.port) { $0.bodyIdleTimeout = .milliseconds(50) }
        #expect(try await stalling.send().events == ["200 length(9)", "failed body-timeout"])
        await fake.stop()
    }

    @Test("A connection at rest is closed when its time is over")
    func expiry() async throws {
        let fake = try await FakeUpstream.answering(Self.ok)
        let harness = try await Harness(port: fake.port) { $0.idle = .milliseconds(20) }
        _ = try await harness.send()
        await fake.waitForClose()
        #expect(try await harness.run { $0.idleCount } == 0)
        await fake.stop()
    }

    @Test("Where nobody may wait, one exchange past the cap is refused, and none once one has ended")
    func overloaded() async throws {
        let fake = try await FakeUpstream.start([.receiveHead, .gate("go"), .send(Self.ok), .again])
        let harness = try await Harness(port: fake.port) {
            $0.maxInFlight = 1
            $0.maxWaiting = 0
        }
        let first = try await harness.start()
        #expect(try await harness.send().events == ["failed overloaded"])
        fake.open("go")
        await first.ended()
        #expect(try await harness.send().events == ["200 length(2)", "end"])
        await fake.stop()
    }

    @Test("One bad host of three is out within five failures")
    func ejection() async throws {
        let fakes = [try await FakeUpstream.answering(Self.ok), try await FakeUpstream.answering(Self.ok)]
        let harness = try await Harness(port: fakes[0].port, fakes[1].port, try FreePort.find())
        var failures = 0
        for _ in 0..<60 where try await harness.send().events == ["failed unreachable"] { failures += 1 }
        #expect(failures <= 5)
        for fake in fakes { await fake.stop() }
    }
}
