// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Testing

@testable import Tokens

@Suite("The cache of verified tokens")
struct TokenCacheTests {
    private func verified(until end: Int64, generation: UInt64 = 1) -> VerifiedToken {
        VerifiedToken(subject: "1", issuer: "i", expiresAt: end - 30, refusedFrom: end, generation: generation)
    }

    @Test("An entry lives 60 s, and not past its token's end plus leeway")
    func lifetime() {
        var cache = TokenCache(capacity: 10)
        cache.store("long", self.verified(until: 2000), now: 1000)
        #expect(cache.lookup("long", now: 1059, generation: 1) != nil)
        #expect(cache.lookup("long", now: 1060, generation: 1) == nil)
        cache.store("short", self.verified(until: 1030), now: 1000)
        #expect(cache.lookup("short", now: 1029, generation: 1) != nil)
        #expect(cache.lookup("short", now: 1030, generation: 1) == nil)
    }

    @Test("Another generation of keys, and a clock that went back, void it")
    func void() {
        var cache = TokenCache(capacity: 10)
        cache.store("t", self.verified(until: 2000), now: 1000)
        #expect(cache.lookup("t", now: 1001, generation: 2) == nil)
        cache.store("t", self.verified(until: 2000), now: 1000)
        #expect(cache.lookup("t", now: 999, generation: 1) == nil)
    }

    @Test("It never holds more than its capacity, and keeps what is used")
    func bounded() {
        var cache = TokenCache(capacity: 10)
        for index in 0..<1000 {
            cache.store("t\(index)", self.verified(until: 2000), now: 1000)
            #expect(cache.count <= 10)
            #expect(index == 0 || cache.lookup("t0", now: 1000, generation: 1) != nil)
        }
        #expect(cache.lookup("t500", now: 1000, generation: 1) == nil)
    }
}
