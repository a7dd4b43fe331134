// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import Sessions
import Testing

@Suite("The session cache")
struct SessionCacheTests {
    private let start = Date(timeIntervalSince1970: 1_767_000_000)
    private let sid = SessionID.random()

    private func session(_ sid: SessionID, accessFor seconds: TimeInterval = 300) -> ActiveSession {
        ActiveSession(
            key: SessionKey(sid),
            publicID: "p",
            subject: "42",
            accessToken: "t",
            accessEnd: start.addingTimeInterval(seconds),
            absoluteEnd: start.addingTimeInterval(1000),
            idleEnd: start.addingTimeInterval(1000)
        )
    }

    @Test("Fresh for 5 s, in an outage for 60 s, not a moment longer")
    func ages() {
        var cache = SessionCache()
        cache.insert(session(sid), for: sid, now: start)
        #expect(cache.lookup(sid, now: start.addingTimeInterval(5)) != nil)
        #expect(cache.lookup(sid.text, now: start) != nil)
        #expect(cache.lookup(sid, now: start.addingTimeInterval(5.001)) == nil)
        #expect(cache.lookupDuringOutage(sid, now: start.addingTimeInterval(60)) != nil)
        #expect(cache.lookupDuringOutage(sid, now: start.addingTimeInterval(60.001)) == nil)
        #expect(cache.lookup(sid, now: start.addingTimeInterval(-6)) == nil)
    }

    @Test("Never past the end of the access token")
    func tokenEnd() {
        var cache = SessionCache()
        cache.insert(session(sid, accessFor: 3), for: sid, now: start)
        #expect(cache.lookup(sid, now: start.addingTimeInterval(2.9)) != nil)
        #expect(cache.lookup(sid, now: start.addingTimeInterval(3)) == nil)
        #expect(cache.lookupDuringOutage(sid, now: start.addingTimeInterval(3)) == nil)
    }

    @Test("Dropped by key, and bounded")
    func bounds() {
        var cache = SessionCache(capacity: 3)
        cache.insert(session(sid), for: sid, now: start)
        cache.drop(SessionKey(sid))
        #expect(cache.lookup(sid, now: start) == nil && cache.count == 0)
        for _ in 0..<10 {
            let other = SessionID.random()
            cache.insert(session(other), for: other, now: start)
            #expect(cache.lookup(other, now: start) != nil)
        }
        #expect(cache.count == 3)
    }
}
