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

    @Test("Random walks: each event is written once and in order, or lies under a gap")
    func walks() async {
        for seed in 1...200 as ClosedRange<UInt64> {
            await Task.yield()
            var walk = MachineWalk(seed: seed)
            for _ in 0..<120 { walk.step() }
            let faults = walk.end()
            #expect(faults.isEmpty, "seed \(seed): \(faults.prefix(3))")
        }
    }
}

/// One machine, a log that grows and is trimmed, and a socket that is slow, parked and late in subscribing.
private struct MachineWalk: ~Copyable {
    private var random: SeededGenerator
    private var machine = SubscriberMachine()
    private let start: UInt64 = 100
    private var oldest: UInt64 = 50
    private var delivered: UInt64 = 100
    private var written: [UInt64] = []
    private var gaps: [ClosedRange<UInt64>] = []
    private var subscriptions = 0
    /// Of each late subscription: what its side range has to bring, and what it brought or was told to have missed.
    private var wanted: [Int: ClosedRange<UInt64>] = [:]
    private var sides: [Int: [UInt64]] = [:]
    private var faults: [String] = []

    init(seed: UInt64) {
        random = SeededGenerator(state: seed)
        _ = machine.join(since: .absent, oldest: Cursor(oldest), delivered: Cursor(delivered))
    }

    mutating func step() {
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<6: publish(UInt64.random(in: 1...5, using: &random))
        case 6..<8: _ = machine.demote(at: Cursor(delivered))
        case 8: oldest = UInt64.random(in: oldest...delivered, using: &random)
        case 9: subscribe()
        case 10: park()
        case 11: release()
        default: turn()
        }
    }

    mutating func end() -> [String] {
        release()
        for _ in 0..<10_000 where !machine.isLive { turn() }
        if !machine.isLive { faults.append("it never became live") }
        if written != written.sorted() || Set(written).count != written.count {
            faults.append("out of order, or twice")
        }
        for id in (start + 1)...max(delivered, start + 1) where id <= delivered {
            let times = (written.contains(id) ? 1 : 0) + (gaps.contains { $0.contains(id) } ? 1 : 0)
            if times != 1 { faults.append("\(id) \(times) times") }
        }
        for (number, range) in wanted where sides[number] ?? [] != Array(range) {
            faults.append("side \(number): \(sides[number] ?? []) instead of \(range)")
        }
        return faults
    }

    private mutating func publish(_ count: UInt64) {
        let new = (delivered + 1)...(delivered + count)
        if machine.isLive { written += new }
        delivered += count
    }

    private mutating func turn() {
        switch machine.turn(oldest: Cursor(oldest), delivered: Cursor(delivered)) {
        case .none, .live: break
        case .wait: faults.append("it waits for the future")
        case .gapThenLive(let gap): cover(gap)
        case .gapSide(let side): bring(side, through: side.through.milliseconds)
        case .read(let after, let through):
            let last = UInt64.random(in: (after.milliseconds + 1)...through.milliseconds, using: &random)
            written += (after.milliseconds + 1)...last
            machine.advance(to: Cursor(last))
        case .readSide(let side):
            let last = UInt64.random(in: (side.at.milliseconds + 1)...side.through.milliseconds, using: &random)
            bring(side, through: last)
            machine.advance(to: Cursor(last))
        }
    }

    private mutating func bring(_ side: SubscriberMachine.Side, through last: UInt64) {
        sides[side.subscription, default: []] += (side.at.milliseconds + 1)...last
    }

    private mutating func cover(_ gap: SubscriberMachine.Gap) {
        guard let from = gap.from?.milliseconds, let id = gap.id?.milliseconds else {
            return faults.append("a gap without ends")
        }
        // The machine forgets what was still to be brought to a late subscription: the gap is for all topics.
        for (number, range) in wanted where (sides[number]?.last ?? 0) < range.upperBound { wanted[number] = nil }
        if id > from { gaps.append((from + 1)...id) }
    }

    private mutating func subscribe() {
        let since = UInt64.random(in: start...delivered, using: &random)
        subscriptions += 1
        let here = machine.isLive ? delivered : nil
        let action = machine.subscribe(
            subscriptions,
            since: .at(Cursor(since)),
            oldest: Cursor(oldest),
            delivered: Cursor(delivered)
        )
        guard action == .okRewinding(id: Cursor(since)) else { return }
        if let here { wanted[subscriptions] = (since + 1)...here }
    }

    private mutating func park() {
        if Bool.random(using: &random) {
            _ = machine.park(.session, delivered: Cursor(delivered))
        } else {
            _ = machine.park(.lost(.reset), delivered: Cursor(delivered))
            delivered += 1
            oldest = delivered
        }
    }

    private mutating func release() {
        if case .gapThenLive(let gap) = machine.release(delivered: Cursor(delivered)) { cover(gap) }
    }
}
