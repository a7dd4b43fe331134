// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import NIOCore
import Settings
import Testing

@testable import Edge

@Suite("RateLimiter")
struct RateLimiterTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    private let fiveAMinute = RateLimit(5, per: .seconds(60))

    @Test("n pass at once, n + 1 waits for its share of the period")
    func burst() {
        var limiter = RateLimiter<String>(fiveAMinute)
        for _ in 0..<5 { #expect(limiter.admit("a", now: self.start) == nil) }
        #expect(limiter.admit("a", now: self.start)?.wait == .seconds(12))
        #expect(limiter.admit("b", now: self.start) == nil)
        #expect(limiter.admit("a", now: self.start + .seconds(12) - .nanoseconds(1))?.wait == .nanoseconds(1))
        #expect(limiter.admit("a", now: self.start + .seconds(12)) == nil)
        #expect(limiter.admit("a", now: self.start + .seconds(12))?.wait == .seconds(12))
    }

    @Test("Asking takes nothing, and denials are counted until one more is admitted")
    func denials() {
        var limiter = RateLimiter<String>(RateLimit(1, per: .seconds(10)))
        for _ in 0..<3 { #expect(limiter.check("a", now: self.start) == nil) }
        #expect(limiter.admit("a", now: self.start) == nil)
        for times in 1...3 { #expect(limiter.check("a", now: self.start)?.inARow == times) }
        #expect(limiter.admit("a", now: self.start + .seconds(10)) == nil)
        #expect(limiter.admit("a", now: self.start + .seconds(10))?.inARow == 1)
    }

    @Test("Zero turns it off")
    func off() {
        var limiter = RateLimiter<String>(RateLimit(0, per: .seconds(60)))
        for _ in 0..<100 { #expect(limiter.admit("a", now: self.start) == nil) }
        #expect(limiter.count == 0)
    }

    @Test("Memory is bounded by the capacity")
    func capacity() {
        var limiter = RateLimiter<Int>(fiveAMinute, capacity: 100)
        for key in 0..<10_000 { #expect(limiter.admit(key, now: self.start) == nil) }
        #expect(limiter.count <= 100)
    }

    @Test("Retry-After is whole seconds, at least one, doubles with each denial in a row, and ends at a minute")
    func retryAfter() {
        #expect(RateCharge.seconds(.milliseconds(1), inARow: 1) == 1)
        #expect(RateCharge.seconds(.milliseconds(1_001), inARow: 1) == 2)
        #expect((1...8).map { RateCharge.seconds(.seconds(1), inARow: $0) } == [1, 2, 4, 8, 16, 32, 60, 60])
        #expect(RateCharge.seconds(.seconds(300), inARow: 9) == 300)
    }

    @Test(
        "A rate is COUNT/PERIOD and nothing else",
        arguments: [
            ("100/1m", RateLimit(100, per: .seconds(60))), ("1/250ms", RateLimit(1, per: .milliseconds(250))),
            ("0/1m", RateLimit(0, per: .seconds(60))), ("100", nil), ("/1m", nil), ("-1/1m", nil), ("5/0s", nil),
            ("5/1", nil), ("5/1m/2", nil), ("1000001/1m", nil), ("5/2d", nil),
        ] as [(String, RateLimit?)]
    )
    func decoding(_ text: String, _ expected: RateLimit?) throws {
        let node = try Self.node("rate: \"\(text)\"")
        if let expected {
            #expect(try RateLimit(node: node) == expected)
        } else {
            #expect(throws: SettingsError.self) { try RateLimit(node: node) }
        }
    }

    @Test(
        "A route's rate that limits nothing, or says more than it may, is refused",
        arguments: ["{}", "{ user: 1/1s }"]
    )
    func routeRate(_ text: String) throws {
        let node = try Self.node("rate: \(text)")
        #expect(throws: SettingsError.self) { try RouteRate(node: node) }
    }

    private static func node(_ text: String) throws -> SettingsNode {
        var map = try SettingsNode.parse(text, file: "t.yaml", environment: [:]).map()
        let node = map.take("rate")
        return try #require(node)
    }

    @Test("Failures count by account whatever the case, calls by address; a success costs an account nothing")
    func logins() async throws {
        let limits = AuthLimits(EdgeLimits())
        let address: [UInt8] = [192, 0, 2, 1]
        for _ in 0..<5 {
            try await limits.admit(address: address, account: "ana", now: self.start)
            await limits.failed(account: "ana")
        }
        let refusal = await #expect(throws: Refusal.self) {
            try await limits.admit(address: address, account: "ana", now: self.start)
        }
        #expect(refusal?.code == .rateLimited)
        #expect(refusal?.retryAfter == 12)
        #expect(refusal?.rateLimit?.policy == "\"login-account\";q=5;w=60")
        #expect(refusal?.rateLimit?.state == "\"login-account\";r=0;t=12")
        let second = await #expect(throws: Refusal.self) {
            try await limits.admit(address: [192, 0, 2, 3], account: "ana", now: self.start)
        }
        #expect(second?.retryAfter == 24)
        for _ in 6..<20 {
            try await limits.admit(address: address, account: "bob", now: self.start)
            limits.passed(account: "bob")
        }
        await #expect(throws: Refusal.self) {
            try await limits.admit(address: address, account: "bob", now: self.start)
        }
        try await limits.admit(address: [192, 0, 2, 2], account: "bob", now: self.start)
    }

    @Test("Guesses made at the same time count before any of them is answered")
    func parallelGuesses() async throws {
        let limits = AuthLimits(EdgeLimits())
        for address in UInt8(0)..<5 { try await limits.admit(address: [address], account: "ana", now: self.start) }
        await #expect(throws: Refusal.self) { try await limits.admit(address: [9], account: "ana", now: self.start) }
        limits.passed(account: "ana")
        try await limits.admit(address: [9], account: "ana", now: self.start)
    }

    @Test("60 calls of one session pass in a minute, the 61st does not, another session's do")
    func sessions() async throws {
        let limits = AuthLimits(EdgeLimits())
        for _ in 0..<60 { try await limits.admit(session: [1], now: self.start) }
        let refusal = await #expect(throws: Refusal.self) { try await limits.admit(session: [1], now: self.start) }
        #expect(refusal?.rateLimit?.policy == "\"auth-session\";q=60;w=60")
        try await limits.admit(session: [2], now: self.start)
        try await limits.admit(session: [1], now: self.start + .seconds(1))
    }
}
