// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import NIOCore
import Testing

@testable import Edge

@Suite("RateLimiter")
struct RateLimiterTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    @Test("n pass at once, n + 1 waits for its share of the period")
    func burst() {
        var limiter = RateLimiter<String>(count: 5, per: .minutes(1))
        for _ in 0..<5 { #expect(limiter.admit("a", now: self.start) == nil) }
        #expect(limiter.admit("a", now: self.start) == .seconds(12))
        #expect(limiter.admit("b", now: self.start) == nil)
        #expect(limiter.admit("a", now: self.start + .seconds(12)) == nil)
        #expect(limiter.admit("a", now: self.start + .seconds(12)) == .seconds(12))
    }

    @Test("Zero turns it off")
    func off() {
        var limiter = RateLimiter<String>(count: 0, per: .minutes(1))
        for _ in 0..<100 { #expect(limiter.admit("a", now: self.start) == nil) }
        #expect(limiter.count == 0)
    }

    @Test("Memory is bounded by the capacity")
    func capacity() {
        var limiter = RateLimiter<Int>(count: 5, per: .minutes(1), capacity: 100)
        for key in 0..<10_000 { #expect(limiter.admit(key, now: self.start) == nil) }
        #expect(limiter.count <= 100)
    }

    @Test("Failures count by account whatever the case, calls by address; a success costs an account nothing")
    func logins() throws {
        let limits = LoginLimits(EdgeLimits())
        let address: [UInt8] = [192, 0, 2, 1]
        for _ in 0..<5 {
            try limits.admit(address: address, account: "ana", now: self.start)
            limits.failed(account: "ana", now: self.start)
        }
        let refusal = #expect(throws: Refusal.self) {
            try limits.admit(address: address, account: "ana", now: self.start)
        }
        #expect(refusal?.code == .rateLimited)
        #expect(refusal?.retryAfter == 12)
        for _ in 6..<20 { try limits.admit(address: address, account: "bob", now: self.start) }
        #expect(throws: Refusal.self) { try limits.admit(address: address, account: "bob", now: self.start) }
        try limits.admit(address: [192, 0, 2, 2], account: "bob", now: self.start)
    }
}
