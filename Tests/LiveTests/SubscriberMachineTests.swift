// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Testing
import Wire

@testable import Live

@Suite("Where a connection reads")
struct SubscriberMachineTests {
    private static let oldest = Cursor(100)
    private static let delivered = Cursor(200)

    /// A machine cannot be copied, so the expectation macro cannot call it itself.
    private func same<T: Equatable>(_ found: T, _ expected: T, _ location: SourceLocation = #_sourceLocation) {
        #expect(found == expected, sourceLocation: location)
    }

    @Test("since × {below, at, above} the oldest and the delivered position")
    func joinMatrix() {
        func join(_ since: SubscriberMachine.Since) -> SubscriberMachine.JoinAction {
            var machine = SubscriberMachine()
            return machine.join(since: since, oldest: Self.oldest, delivered: Self.delivered)
        }
        #expect(join(.absent) == .live(hello: Self.delivered))
        #expect(join(.malformed) == .gapThenLive(hello: nil, .init(id: Self.delivered, why: .reset)))
        let below = Cursor(99)
        #expect(join(.at(below)) == .gapThenLive(hello: below, .init(from: below, id: Self.delivered, why: .trimmed)))
        #expect(join(.at(Self.oldest)) == .read(hello: Self.oldest))
        #expect(join(.at(Cursor(101))) == .read(hello: Cursor(101)))
        #expect(join(.at(Cursor(199))) == .read(hello: Cursor(199)))
        #expect(join(.at(Self.delivered)) == .live(hello: Self.delivered))
        #expect(join(.at(Cursor(201))) == .read(hello: Cursor(201)))
    }

    @Test("A cursor from the future waits, and only the log's own end makes it a reset")
    func future() {
        var machine = SubscriberMachine()
        _ = machine.join(since: .at(Cursor(250)), oldest: Self.oldest, delivered: Self.delivered)
        same(machine.turn(oldest: Self.oldest, delivered: Self.delivered), .wait)
        same(machine.isAhead(of: Self.delivered), true)
        same(machine.logAnswered(last: Cursor(250), delivered: Self.delivered), nil)
        same(machine.turn(oldest: Self.oldest, delivered: Cursor(260)), .read(after: Cursor(250), through: Cursor(260)))
        machine.advance(to: Cursor(260))
        same(machine.turn(oldest: Self.oldest, delivered: Cursor(260)), .live)

        var lost = SubscriberMachine()
        _ = lost.join(since: .at(Cursor(250)), oldest: Self.oldest, delivered: Self.delivered)
        let gap = lost.logAnswered(last: Cursor(249), delivered: Self.delivered)
        #expect(gap == .init(from: Cursor(250), id: Self.delivered, why: .reset))
        same(lost.isLive, true)
    }

    @Test("Demoted, overtaken, told, live")
    func overtaken() {
        var machine = SubscriberMachine()
        _ = machine.join(since: .absent, oldest: Self.oldest, delivered: Self.delivered)
        let demoted = machine.demote(at: Cursor(210))
        #expect(demoted)
        let again = machine.demote(at: Cursor(220))
        #expect(!again)
        let turn = machine.turn(oldest: Cursor(211), delivered: Cursor(300))
        #expect(turn == .gapThenLive(.init(from: Cursor(210), id: Cursor(300), why: .lag)))
        same(machine.isLive, true)
    }

    @Test("A side range comes before the connection's own position")
    func sides() {
        var machine = SubscriberMachine()
        _ = machine.join(since: .absent, oldest: Self.oldest, delivered: Self.delivered)
        let action = machine.subscribe(1, since: .at(Cursor(150)), oldest: Self.oldest, delivered: Self.delivered)
        #expect(action == .okRewinding(id: Cursor(150)))
        let side = SubscriberMachine.Side(subscription: 1, at: Cursor(150), through: Self.delivered)
        same(machine.turn(oldest: Self.oldest, delivered: Cursor(210)), .readSide(side))
        machine.advance(to: Cursor(180))
        same(
            machine.turn(oldest: Cursor(181), delivered: Cursor(210)),
            .gapSide(.init(subscription: 1, at: Cursor(180), through: Self.delivered))
        )
        same(
            machine.turn(oldest: Cursor(181), delivered: Cursor(210)),
            .read(after: Self.delivered, through: Cursor(210))
        )
    }

    @Test("A late sub answers by its since")
    func lateSub() {
        func subscribe(_ since: SubscriberMachine.Since) -> SubscriberMachine.SubscribeAction {
            var machine = SubscriberMachine()
            _ = machine.join(since: .absent, oldest: Self.oldest, delivered: Self.delivered)
            return machine.subscribe(1, since: since, oldest: Self.oldest, delivered: Self.delivered)
        }
        #expect(subscribe(.absent) == .ok)
        #expect(subscribe(.at(Self.delivered)) == .ok)
        #expect(subscribe(.at(Cursor(201))) == .ok)
        #expect(subscribe(.at(Cursor(199))) == .okRewinding(id: Cursor(199)))
        #expect(subscribe(.at(Self.oldest)) == .okRewinding(id: Self.oldest))
        #expect(subscribe(.at(Cursor(99))) == .okThenGap(from: Cursor(99), .trimmed))
        #expect(subscribe(.malformed) == .okThenGap(from: nil, .reset))
    }

    @Test("Parked for a loss ends in a gap; parked for a silent store reads on")
    func parks() {
        var machine = SubscriberMachine()
        _ = machine.join(since: .absent, oldest: Self.oldest, delivered: Self.delivered)
        let left = machine.park(.session, delivered: Self.delivered)
        #expect(left)
        same(machine.turn(oldest: Self.oldest, delivered: Cursor(300)), .none)
        same(machine.release(delivered: Cursor(300)), .read)
        _ = machine.park(.lost(.reset), delivered: Cursor(300))
        let action = machine.release(delivered: Cursor(400))
        #expect(action == .gapThenLive(.init(from: Self.delivered, id: Cursor(400), why: .reset)))
    }
}
