// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Testing

@testable import Tokens

@Suite("When key sets are fetched")
struct KeySetScheduleTests {
    private let kid = Array("k".utf8)

    private func loaded(maxAge: Duration? = nil, jitter: Double = 0.5) -> KeySetSchedule {
        var schedule = KeySetSchedule()
        schedule.started(now: .zero)
        schedule.loaded(maxAge: maxAge, jitter: jitter, now: .zero)
        return schedule
    }

    @Test("Before the first success retries are quick: 0.2 s doubling to 5 s")
    func quickStart() {
        var schedule = KeySetSchedule()
        var now = Duration.zero
        #expect(schedule.tick(now: now) == .fetch)
        for pause: Duration in [
            .milliseconds(200), .milliseconds(400), .milliseconds(800), .milliseconds(1600), .milliseconds(3200),
            .seconds(5), .seconds(5),
        ] {
            schedule.started(now: now)
            schedule.failed()
            #expect(schedule.tick(now: now) == .wait(until: now + pause))
            #expect(schedule.lacks(self.kid, now: now) == .unavailable)
            now += pause
            #expect(schedule.tick(now: now) == .fetch)
        }
    }

    @Test("Renewed ahead, at 80 % ± 10 % of a lifetime between 60 s and 24 h; 10 min where none is stated")
    func renewal() {
        var schedule = self.loaded()
        #expect(schedule.tick(now: .seconds(479)) == .wait(until: .seconds(480)))
        #expect(schedule.tick(now: .seconds(480)) == .fetch)
        schedule = self.loaded(maxAge: .zero, jitter: 0)
        #expect(schedule.tick(now: .zero) == .wait(until: .seconds(42)))
        schedule = self.loaded(maxAge: .seconds(1 << 31), jitter: 1)
        #expect(schedule.tick(now: .zero) == .wait(until: .seconds(77_760)))
    }

    @Test("One flight at a time: others join it")
    func singleFlight() {
        var schedule = KeySetSchedule()
        #expect(schedule.lacks(self.kid, now: .zero) == .fetch)
        schedule.started(now: .zero)
        #expect(schedule.lacks(self.kid, now: .zero) == .join)
        guard case .wait = schedule.tick(now: .seconds(1)) else {
            Issue.record("a second flight")
            return
        }
    }

    @Test("An unknown kid: one fetch in 30 s counted from the last attempt, failed ones too; then refused for 60 s")
    func unknownKid() {
        var schedule = self.loaded()
        #expect(schedule.lacks(self.kid, now: .seconds(29)) == .unknown)
        #expect(schedule.lacks(self.kid, now: .seconds(30)) == .fetch)
        schedule.started(now: .seconds(30))
        schedule.failed()
        #expect(schedule.verdict(on: self.kid, now: .seconds(31)) == .unavailable)
        #expect(schedule.lacks(self.kid, now: .seconds(59)) == .unavailable)
        #expect(schedule.lacks(self.kid, now: .seconds(60)) == .fetch)
        schedule.started(now: .seconds(60))
        schedule.loaded(maxAge: nil, jitter: 0.5, now: .seconds(60))
        #expect(schedule.verdict(on: self.kid, now: .seconds(60)) == .unknown)
        #expect(schedule.lacks(self.kid, now: .seconds(119)) == .unknown)
        #expect(schedule.lacks(Array("other".utf8), now: .seconds(119)) == .fetch)
        #expect(schedule.lacks(self.kid, now: .seconds(120)) == .fetch)
    }

    @Test("A flood of invented kids: two fetches a minute, 1,024 of them remembered", arguments: [true, false])
    func flood(_ isUp: Bool) {
        var schedule = self.loaded()
        var fetches = 0
        for index in 0..<10_000 {
            let now = Duration.seconds(60) + .milliseconds(6 * index)
            let kid = Array("kid-\(index)".utf8)
            guard schedule.lacks(kid, now: now) == .fetch else { continue }
            fetches += 1
            schedule.started(now: now)
            if isUp { schedule.loaded(maxAge: nil, jitter: 0.5, now: now) } else { schedule.failed() }
            _ = schedule.verdict(on: kid, now: now)
        }
        #expect(fetches == 2)
        schedule = self.loaded()
        for index in 0..<3000 { _ = schedule.verdict(on: Array("kid-\(index)".utf8), now: .seconds(1)) }
        #expect(schedule.rememberedRefusals == 1024)
    }

    @Test("On error the old set serves 24 h past its lifetime, and not one second more")
    func stale() {
        var schedule = self.loaded()
        var now = Duration.seconds(480)
        let end = Duration.seconds(600 + 86_400)
        while now < end {
            switch schedule.tick(now: now) {
            case .fetch:
                schedule.started(now: now)
                schedule.failed()
            case .wait(let until):
                #expect(until > now && until <= end)
                now = until
            case .drop:
                Issue.record("dropped at \(now)")
                return
            }
        }
        #expect(now == end)
        #expect(schedule.tick(now: end) == .drop)
        #expect(schedule.lacks(self.kid, now: end) != .unknown)
    }

    @Test("Cache-Control: max-age alone counts; no-store and nonsense mean at once")
    func cacheControl() {
        #expect(CacheControl.maxAge([]) == nil)
        #expect(CacheControl.maxAge(["public"]) == nil)
        #expect(CacheControl.maxAge(["public, Max-Age=600"]) == .seconds(600))
        #expect(CacheControl.maxAge(["max-age=\"60\""]) == .seconds(60))
        #expect(CacheControl.maxAge(["max-age=600, no-store"]) == .zero)
        #expect(CacheControl.maxAge(["max-age=1", "max-age=2"]) == .zero)
        #expect(CacheControl.maxAge(["max-age=-1"]) == .zero)
        #expect(CacheControl.maxAge(["max-age=99999999999999999999"]) == .seconds(1 << 31))
    }
}
