// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Synchronization
import Testing

@testable import Upstreams

@Suite("Circuit breaker")
struct CircuitBreakerTests {
    private final class Waiter: Sendable {
        let number: Int
        init(_ number: Int) { self.number = number }
    }

    private let limits = Occupancy.Limits(inFlight: 2, waiting: 1)

    @Test("Two in, one in line, the next is refused")
    func entry() {
        #expect(Occupancy().entry(self.limits) == .admit(Occupancy(inFlight: 1)))
        #expect(Occupancy(inFlight: 1).entry(self.limits) == .admit(Occupancy(inFlight: 2)))
        #expect(Occupancy(inFlight: 2).entry(self.limits) == .wait(Occupancy(inFlight: 2, waiting: 1)))
        #expect(Occupancy(inFlight: 2, waiting: 1).entry(self.limits) == .refuse)
    }

    @Test("Nobody overtakes the line, even if there is room")
    func fair() {
        let limits = Occupancy.Limits(inFlight: 2, waiting: 5)
        #expect(Occupancy(inFlight: 1, waiting: 1).entry(limits) == .wait(Occupancy(inFlight: 1, waiting: 2)))
    }

    @Test("Without a cap everybody enters")
    func uncapped() {
        let limits = Occupancy.Limits(inFlight: 0, waiting: 0)
        #expect(Occupancy(inFlight: 9_999).entry(limits) == .admit(Occupancy(inFlight: 10_000)))
    }

    @Test("A place goes to the first in line, or is free")
    func exit() {
        #expect(Occupancy(inFlight: 2, waiting: 1).exit() == .handOver(Occupancy(inFlight: 2)))
        #expect(Occupancy(inFlight: 2).exit() == .free(Occupancy(inFlight: 1)))
        #expect(Occupancy(inFlight: 2, waiting: 1).withdrawal() == Occupancy(inFlight: 2))
        #expect(Occupancy(rawValue: Occupancy(inFlight: 7, waiting: 9).rawValue) == Occupancy(inFlight: 7, waiting: 9))
    }

    @Test("The line is served in order, and who withdrew is passed over")
    func line() {
        let breaker = CircuitBreaker<Waiter>()
        let limits = Occupancy.Limits(inFlight: 1, waiting: 3)
        let waiters = (0..<3).map(Waiter.init)
        #expect(breaker.enter(limits) { Waiter(-1) } == .admitted)
        for waiter in waiters { #expect(breaker.enter(limits) { waiter } == .waiting) }
        #expect(breaker.enter(limits) { Waiter(-1) } == .refused)
        #expect(breaker.withdraw(waiters[1]))
        #expect(!breaker.withdraw(waiters[1]))
        #expect(breaker.leave() === waiters[0])
        #expect(!breaker.withdraw(waiters[0]))
        #expect(breaker.leave() === waiters[2])
        #expect(breaker.leave() == nil)
        #expect(breaker.occupancy == Occupancy())
    }

    @Test("From many threads: never more than the cap, and nobody is forgotten")
    func threads() async {
        let breaker = CircuitBreaker<Ticket>()
        let limits = Occupancy.Limits(inFlight: 3, waiting: 1_000)
        let tally = Tally()
        await withTaskGroup { group in
            for _ in 0..<64 {
                group.addTask {
                    for _ in 0..<50 {
                        let ticket = Ticket()
                        switch breaker.enter(limits, orWait: { ticket }) {
                        case .admitted: break
                        case .waiting: await ticket.turn()
                        case .refused: Issue.record("the line is long enough")
                        }
                        tally.enter()
                        await Task.yield()
                        tally.leave()
                        breaker.leave()?.call()
                    }
                }
            }
        }
        #expect(tally.served == 64 * 50)
        #expect(tally.most <= 3)
        #expect(breaker.occupancy == Occupancy())
    }

    private final class Tally: Sendable {
        private let inside = Atomic<Int>(0)
        private let peak = Atomic<Int>(0)
        private let count = Atomic<Int>(0)
        var most: Int { self.peak.load(ordering: .relaxed) }
        var served: Int { self.count.load(ordering: .relaxed) }

        func enter() {
            self.peak.max(self.inside.wrappingAdd(1, ordering: .relaxed).newValue, ordering: .relaxed)
        }

        func leave() {
            self.count.wrappingAdd(1, ordering: .relaxed)
            self.inside.wrappingSubtract(1, ordering: .relaxed)
        }
    }

    private final class Ticket: Sendable {
        private enum State { case new, called, waiting(CheckedContinuation<Void, Never>) }
        private let state = Mutex(State.new)

        func call() {
            let waiting: CheckedContinuation<Void, Never>? = self.state.withLock { state in
                defer { state = .called }
                if case .waiting(let continuation) = state { return continuation } else { return nil }
            }
            waiting?.resume()
        }

        func turn() async {
            await withCheckedContinuation { continuation in
                let wasCalled = self.state.withLock { state in
                    if case .called = state { return true }
                    state = .waiting(continuation)
                    return false
                }
                if wasCalled { continuation.resume() }
            }
        }
    }
}
