// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import NIOCore
import TestSupport
import Testing

@testable import Edge

@Suite("Pace of request bodies", .timeLimit(.minutes(5)))
struct BodyPaceTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    @Test("Slow is allowed until the grace is over; from then on 240 B/s are enough and one byte less is not")
    func atTheLimit() {
        let limits = EdgeLimits()
        var pace = BodyPace(now: start)
        #expect(
            pace.isTooSlow(received: 0, isWaiting: true, now: start + .seconds(30) - .nanoseconds(1), limits: limits)
                == false
        )
        #expect(pace.isTooSlow(received: 7_200, isWaiting: true, now: start + .seconds(30), limits: limits) == false)
        #expect(pace.isTooSlow(received: 7_199, isWaiting: true, now: start + .seconds(30), limits: limits) == true)
        #expect(pace.isTooSlow(received: 14_400, isWaiting: true, now: start + .seconds(60), limits: limits) == false)
        #expect(pace.isTooSlow(received: 14_399, isWaiting: true, now: start + .seconds(60), limits: limits) == true)
    }

    @Test("Time in which the upstream took nothing is not the client's")
    func paused() {
        let limits = EdgeLimits()
        var pace = BodyPace(now: start)
        #expect(pace.isTooSlow(received: 1, isWaiting: false, now: start + .seconds(600), limits: limits) == false)
        #expect(pace.isTooSlow(received: 1, isWaiting: true, now: start + .seconds(629), limits: limits) == false)
        #expect(pace.isTooSlow(received: 1, isWaiting: true, now: start + .seconds(630), limits: limits) == true)
    }

    @Test("Zero turns the rate off")
    func off() {
        var limits = EdgeLimits()
        limits.bodyRate = 0
        var pace = BodyPace(now: start)
        #expect(pace.isTooSlow(received: 0, isWaiting: true, now: start + .hours(10), limits: limits) == false)
    }

    @Test("A body that dribbles is 408 though it is never silent for long, and the connection closes")
    func live() async throws {
        let upstream = try await FakeUpstream.start([.receiveHead])
        let adjust = { (settings: inout EdgeSettings) in
            settings.limits.bodyGrace = .milliseconds(20)
            settings.limits.bodyRate = 1 << 20
        }
        try await EdgeHarness.run(upstream, adjust: adjust) { edge in
            let client = try await edge.connect()
            try await client.send("POST /api/x HTTP/1.1\r\nHost: \(edge.host)\r\nContent-Length: 1000000\r\n\r\nslow")
            let answer = await client.receiveAll()
            #expect(answer.hasPrefix("HTTP/1.1 408"))
            #expect(answer.contains("\"code\":\"request-timeout\""))
            #expect(answer.contains("connection: close\r\n"))
            await client.close()
        }
    }
}
