// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Testing

@testable import EventLog

@Suite("The order of deliveries")
struct DeliveryOrderTests {
    private let start = ContinuousClock.now

    private var limits: BusLimits {
        var limits = BusLimits()
        limits.attempts = 3
        limits.retryBase = .seconds(1)
        return limits
    }

    @Test("Subjects take turns, each in its own order, one event of each at a time")
    func turns() {
        var order = DeliveryOrder<Int>()
        for (id, subject) in [(1, "a"), (2, "a"), (3, "b"), (4, "a")] { order.add(id, subject: subject) }
        #expect(order.next(now: start)?.id == 1)
        #expect(order.next(now: start)?.id == 3)
        #expect(order.next(now: start)?.id == nil)
        #expect(order.oldest == 1)
        order.handled(1)
        #expect(order.next(now: start)?.id == 2)
        #expect(order.next(now: start)?.id == nil)
        order.handled(3)
        order.handled(2)
        #expect(order.next(now: start)?.id == 4)
        order.handled(4)
        #expect(order.count == 0)
        #expect(order.oldest == nil)
    }

    @Test("Events without a subject wait for nobody")
    func noSubject() {
        var order = DeliveryOrder<Int>()
        for id in 1...3 { order.add(id, subject: nil) }
        #expect((1...3).map { _ in order.next(now: start)?.id } == [1, 2, 3])
    }

    @Test("A failed one rests, longer each time, and holds its line until it is a dead letter")
    func rests() {
        var order = DeliveryOrder<Int>()
        order.add(1, subject: "a")
        order.add(2, subject: "a")
        var now = start
        for (attempt, rest) in [(1, 1), (2, 2)] {
            let next = order.next(now: now)
            #expect(next?.id == 1 && next?.attempt == attempt)
            let due = now + .seconds(rest)
            #expect(order.failed(1, counts: true, now: now, limits: limits) == .retry(at: due))
            #expect(order.nextDue == due)
            #expect(order.next(now: due - .nanoseconds(1))?.id == nil)
            now = due
        }
        #expect(order.next(now: now)?.attempt == 3)
        #expect(order.failed(1, counts: true, now: now, limits: limits) == .deadLetter)
        #expect(order.next(now: now)?.id == 2)
        #expect(order.count == 1)
    }

    @Test("What is not the event's fault does not count, and rests longer all the same")
    func notCounted() {
        var order = DeliveryOrder<Int>()
        order.add(1, subject: "a")
        var now = start
        for rest in [1, 2, 4, 8, 16] {
            #expect(order.next(now: now)?.attempt == 1)
            #expect(order.failed(1, counts: false, now: now, limits: limits) == .retry(at: now + .seconds(rest)))
            now += .seconds(rest)
        }
    }

    @Test("A released one is the next, with the attempt it had")
    func releases() {
        var order = DeliveryOrder<Int>()
        order.add(1, subject: "a")
        order.add(2, subject: "b")
        _ = order.next(now: start)
        order.released(1)
        let next = order.next(now: start)
        #expect(next?.id == 1 && next?.attempt == 1)
    }

    @Test("One that was pending before goes on where it was")
    func takenOver() {
        var order = DeliveryOrder<Int>()
        order.add(1, subject: "a", deliveries: 2, due: start + .seconds(5))
        order.add(2, subject: "a")
        #expect(order.next(now: start)?.id == nil)
        #expect(order.next(now: start + .seconds(5))?.attempt == 3)
        #expect(order.failed(1, counts: true, now: start, limits: limits) == .deadLetter)
        #expect(order.next(now: start)?.id == 2)
    }
}
