// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import Testing

@testable import Sessions

@Suite("One refresh, step by step")
struct RefreshFlightTests {
    private let start = Date(timeIntervalSince1970: 1_767_000_000)
    private func at(_ seconds: TimeInterval) -> Date { start.addingTimeInterval(seconds) }

    @Test("A lost answer is asked for once more, within ten seconds in all")
    func lost() {
        var flight = RefreshFlight(seen: 4, now: start)
        #expect(flight.leased(true, now: start) == .read)
        #expect(flight.read(.found(generation: 4), now: start) == .call(timeout: 5))
        #expect(flight.answered(.lost, now: at(7)) == .call(timeout: 3))
        #expect(flight.answered(.lost, now: at(10)) == .finish(.failed))
    }

    @Test("A generation that moved ends the flight without a call")
    func moved() {
        var flight = RefreshFlight(seen: 4, now: start)
        _ = flight.leased(true, now: start)
        #expect(flight.read(.found(generation: 5), now: start) == .finish(.moved))
    }

    @Test("While another node refreshes, the flight watches, looks, and takes over when that node is silent")
    func elsewhere() {
        var flight = RefreshFlight(seen: 1, now: start)
        #expect(flight.leased(false, now: start) == .read)
        #expect(flight.read(.found(generation: 1), now: start) == .watch(1))
        #expect(flight.watched() == .lease)
        #expect(flight.leased(true, now: at(12)) == .read)
        #expect(flight.read(.found(generation: 1), now: at(12)) == .call(timeout: 5))

        var patient = RefreshFlight(seen: 1, now: start)
        #expect(patient.leased(false, now: at(13)) == .finish(.failed))
    }

    @Test("A refusal counts only if nobody else was faster")
    func refused() {
        var flight = RefreshFlight(seen: 1, now: start)
        _ = flight.leased(true, now: start)
        _ = flight.read(.found(generation: 1), now: start)
        #expect(flight.answered(.refused, now: start) == .read)
        #expect(flight.read(.found(generation: 2), now: start) == .finish(.moved))

        var alone = RefreshFlight(seen: 1, now: start)
        _ = alone.leased(true, now: start)
        _ = alone.read(.found(generation: 1), now: start)
        _ = alone.answered(.refused, now: start)
        #expect(alone.read(.found(generation: 1), now: start) == .end)
        #expect(alone.ended() == .finish(.ended))
    }

    @Test("Tokens in hand are written again when the store fails, until the lease is over")
    func rewrites() {
        var flight = RefreshFlight(seen: 1, now: start)
        _ = flight.leased(true, now: start)
        _ = flight.read(.found(generation: 1), now: start)
        #expect(flight.answered(.tokens, now: start) == .write(after: 0))
        #expect(flight.storeFailed(now: at(1)) == .write(after: 0.5))
        #expect(flight.storeFailed(now: at(12)) == .finish(.storeUnavailable))
    }

    @Test(
        "Due at the last 60 s or fifth of life, never before half of it",
        arguments: [
            (300.0, 239.0, RefreshTiming.State.fresh), (300, 241, .due), (300, 300, .expired), (3600, 2879, .fresh),
            (3600, 2881, .due), (60, 29, .fresh), (60, 30, .due), (10, 4.9, .fresh), (10, 5, .due),
        ]
    )
    func timing(_ lifetime: TimeInterval, _ age: TimeInterval, _ expected: RefreshTiming.State) {
        #expect(RefreshTiming.judge(obtained: start, end: at(lifetime), now: at(age)) == expected)
    }

    @Test("Failures back off 1, 2, 4 … 30 s")
    func backoff() {
        var backoff = RefreshBackoff(now: start)
        var waits: [TimeInterval] = []
        for _ in 0..<7 {
            backoff.failed(now: start)
            waits.append(backoff.retryAt.timeIntervalSince(start))
        }
        #expect(waits == [1, 2, 4, 8, 16, 30, 30])
    }
}
