// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import HTTPMessages
import NIOCore
import TestSupport
import Testing

@testable import Upstreams

@Suite("Second tries and waiting, over sockets", .timeLimit(.minutes(5)))
struct RetrySocketTests {
    private static let ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"

    @Test("A POST that found nobody goes to another host, with its body")
    func refusedPost() async throws {
        let fake = try await FakeUpstream.start([.receive("abc"), .send(Self.ok), .again])
        let harness = try await Harness(port: try FreePort.find(), fake.port)
        for _ in 0..<8 {
            let exchange = try await harness.send(.post, body: ["abc"])
            #expect(try await exchange.events == ["200 length(2)", "end"])
        }
        #expect(fake.allReceivedText.ranges(of: "POST").count == 8)
        await fake.stop()
    }

    @Test("A lost PUT is sent again with the body it had, on another host")
    func lostPut() async throws {
        let bad = try await FakeUpstream.start([.receive("abc"), .reset])
        let good = try await FakeUpstream.start([.receive("abc"), .send(Self.ok), .again])
        let harness = try await Harness(port: bad.port, good.port)
        for _ in 0..<8 {
            #expect(try await harness.send(.put, body: ["a", "bc"]).events == ["200 length(2)", "end"])
        }
        #expect(good.allReceivedText.ranges(of: "\r\n\r\nabc").count == 8)
        #expect(harness.upstream.inFlight == 0)
        await bad.stop()
        await good.stop()
    }

    @Test("A retry that may not be, by the request or by the budget, is not")
    func forbidden() async throws {
        let fake = try await FakeUpstream.start([.receiveHead, .reset])
        let harness = try await Harness(port: fake.port) { $0.retryBudget = 0 }
        #expect(try await harness.send().events == ["failed reset"])
        #expect(fake.connectionCount == 1)
        await fake.stop()
    }

    @Test("Tells where it went, how often it tried, and how long the head took")
    func facts() async throws {
        let fake = try await FakeUpstream.start([.receiveHead, .reset], [.receiveHead, .send(Self.ok)])
        let harness = try await Harness(port: fake.port)
        let exchange = try await harness.send()
        #expect(try await exchange.run { $0.exchange?.attempts.endpoint } == "127.0.0.1:\(fake.port)")
        #expect(try await exchange.run { $0.exchange?.attempts.count } == 2)
        let head = try await exchange.run { $0.exchange?.attempts.headNanoseconds }
        // The pause before a retry is in it.
        #expect(try #require(head) >= 25_000_000)
        await fake.stop()
    }

    // MARK: The line

    @Test("One past the cap waits and is served in its turn; one past the line is refused")
    func line() async throws {
        let fake = try await FakeUpstream.start([.receiveHead, .gate("go"), .send(Self.ok), .again])
        let harness = try await Harness(port: fake.port) {
            $0.maxInFlight = 1
            $0.maxWaiting = 1
            $0.waitTimeout = .seconds(60)
        }
        let first = try await harness.start()
        let second = try await harness.start()
        #expect(harness.upstream.waiting == 1)
        #expect(try await harness.send().events == ["failed overloaded"])
        fake.open("go")
        await first.ended()
        await second.ended()
        #expect(try await second.events == ["200 length(2)", "end"])
        #expect(harness.upstream.inFlight == 0 && harness.upstream.waiting == 0)
        await fake.stop()
    }

    @Test("Who waits too long is refused, and who leaves makes room")
    func leaving() async throws {
        let fake = try await FakeUpstream.start([.receiveHead])
        let harness = try await Harness(port: fake.port) {
            $0.maxInFlight = 1
            $0.maxWaiting = 1
            $0.waitTimeout = .milliseconds(30)
        }
        let first = try await harness.start()
        #expect(try await harness.send().events == ["failed overloaded"])
        #expect(harness.upstream.waiting == 0)
        let leaver = try await harness.start()
        try await leaver.run { $0.cancel() }
        #expect(harness.upstream.waiting == 0)
        try await first.run { $0.cancel() }
        #expect(harness.upstream.inFlight == 0)
        #expect(fake.connectionCount == 1)
        await fake.stop()
    }

    @Test("A place whose turn comes as its exchange is cancelled is passed on")
    func calledTooLate() async throws {
        let fake = try await FakeUpstream.start([.receiveHead])
        let harness = try await Harness(port: fake.port) {
            $0.maxInFlight = 1
            $0.waitTimeout = .seconds(60)
        }
        let first = try await harness.start()
        let second = try await harness.start()
        // In one turn of the loop: the place is handed over, and nobody is there any more when it arrives.
        try await first.run { recorder in
            recorder.cancel()
            second.recorder.value.cancel()
        }
        try await eventually { harness.upstream.inFlight == 0 }
        await fake.stop()
    }

    @Test("No endpoint gets more than its cap; the others wait")
    func endpointCap() async throws {
        let script: [FakeUpstream.Step] = [.receiveHead, .gate("go"), .send(Self.ok), .again]
        let fakes = [try await FakeUpstream.start(script), try await FakeUpstream.start(script)]
        let harness = try await Harness(port: fakes[0].port, fakes[1].port) {
            $0.maxPerEndpoint = 1
            $0.waitTimeout = .seconds(60)
        }
        var exchanges: [Exchange] = []
        for _ in 0..<5 { exchanges.append(try await harness.start()) }
        for fake in fakes { await fake.waitForConnections(1) }
        #expect(fakes.map(\.connectionCount) == [1, 1])
        #expect(harness.upstream.endpoints.map(\.inFlight) == [1, 1])
        #expect(harness.upstream.waiting == 3)
        for fake in fakes { fake.open("go") }
        for exchange in exchanges {
            await exchange.ended()
            #expect(try await exchange.events.last == "end")
        }
        #expect(harness.upstream.endpoints.map(\.inFlight) == [0, 0])
        for fake in fakes { await fake.stop() }
    }

    // MARK: Faults

    @Test("No POST arrives twice, whatever goes wrong, and nothing is left behind")
    func noPostTwice() async throws {
        let upstreams = [try await FaultyUpstream.start(seed: 1), try await FaultyUpstream.start(seed: 2)]
        let harness = try await Harness(port: upstreams[0].port, upstreams[1].port)
        var outcomes = (ended: 0, failed: 0)
        for round in 0..<60 {
            var exchanges: [Exchange] = []
            for number in 0..<20 {
                let id = round * 20 + number
                let isPost = number % 2 == 0
                exchanges.append(
                    try await harness.start(isPost ? .post : .get, "/\(id)", body: isPost ? [FaultyUpstream.body] : nil)
                )
            }
            for exchange in exchanges {
                await exchange.ended()
                if try await exchange.events.last == "end" { outcomes.ended += 1 } else { outcomes.failed += 1 }
            }
        }
        let arrivals = upstreams.reduce(into: [:]) { $0.merge($1.arrivals, uniquingKeysWith: +) }
        for (request, count) in arrivals {
            // A GET: its first try, a fresh one in place of a stale connection, and one retry.
            #expect(count <= (request.hasPrefix("POST") ? 1 : 3), "\(request) arrived \(count) times")
        }
        #expect(outcomes.ended > 0 && outcomes.failed > 0)
        #expect(arrivals.contains { $0.key.hasPrefix("GET") && $0.value > 1 })
        #expect(harness.upstream.inFlight == 0 && harness.upstream.waiting == 0)
        #expect(harness.upstream.endpoints.allSatisfy { $0.inFlight == 0 })
        #expect(try await harness.run { $0.leasedCount } == 0)
        for upstream in upstreams { await upstream.stop() }
    }
}
