// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import NIOCore
import NIOEmbedded
import Synchronization
import Testing
import Wire

@testable import Live

@Suite("Storms and fairness")
struct StormTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    // MARK: Joins

    @Test("Joins pass up to the burst, then at their rate; 0 is no limit")
    func paces() {
        var pacer = JoinPacer(perSecond: 10, burst: 20, now: start)
        let first = (0..<30).map { _ in pacer.join(now: start, random: 0) }
        #expect(first.prefix(20).allSatisfy { $0 == .admitted })
        #expect(first.dropFirst(20).allSatisfy { $0 != .admitted })
        let second = (0..<15).count { _ in pacer.join(now: start + .seconds(1), random: 0) == .admitted }
        #expect(second == 10)
        var open = JoinPacer(perSecond: 0, burst: 0, now: start)
        #expect(
            (0..<10_000).allSatisfy { _ in open.join(now: start) == .admitted && open.knock(now: start) == .admitted }
        )
    }

    @Test("Those sent away are due one after another at the rate of joins, and nobody for longer than a minute")
    func spreads() throws {
        var pacer = JoinPacer(perSecond: 100, burst: 1, now: start)
        _ = pacer.join(now: start, random: 0)
        var delays: [Int] = []
        for _ in 0..<300 {
            guard case .later(let delay) = pacer.join(now: start, random: 0) else { continue }
            delays.append(delay)
        }
        #expect(delays.count == 300)
        #expect(delays == delays.sorted())
        #expect(delays.first == 510)
        #expect(delays.last == 3500)
        // A second later a hundred of them have had their turn.
        _ = pacer.join(now: start + .seconds(1), random: 0)
        guard case .later(let later) = pacer.join(now: start + .nanoseconds(1_000_000_001), random: 1) else {
            Issue.record("the bucket holds one token")
            return
        }
        #expect((2500...3100).contains(later))
        for _ in 0..<100_000 {
            guard case .later(let delay) = pacer.join(now: start + .seconds(1), random: 1) else { continue }
            #expect(delay <= JoinPacer.longest)
        }
    }

    @Test("The door itself closes past twice the rate, and opens again")
    func closesTheDoor() {
        var pacer = JoinPacer(perSecond: 10, burst: 20, now: start)
        let knocks = (0..<50).count { _ in pacer.knock(now: start) == .admitted }
        #expect(knocks == 40)
        #expect(pacer.knock(now: start + .seconds(1)) == .admitted)
        let harness = LiveHarness(settings: settings { ($0.joins, $0.joinsBurst) = (5, 5) })
        #expect((0..<10).allSatisfy { _ in harness.shard.knock() == nil })
        #expect(harness.shard.knock().map { $0 >= 500 } == true)
        harness.loop.advanceTime(by: .seconds(1))
        #expect(harness.shard.knock() == nil)
    }

    @Test("A refused join is told its own time to come back")
    func tellsRetry() throws {
        let harness = LiveHarness(settings: settings { ($0.joins, $0.joinsBurst) = (1, 2) })
        let frames = try (0..<12).map { _ in try harness.connect(harness.request()).frames().last ?? "" }
        #expect(frames.prefix(2).allSatisfy { $0.contains("hello") })
        let retries = frames.dropFirst(2).compactMap { frame in
            frame.firstMatch(of: /close 4100 overloaded retry=([0-9]+)/).flatMap { Int($0.1) }
        }
        #expect(retries.count == 10)
        #expect(retries[0] < 2000)
        #expect(retries[9] >= 10_000)
    }

    // MARK: Caps

    @Test("Each cap is taken at its number and refused one over; 0 is no cap", arguments: Cap.allCases)
    func caps(_ cap: Cap) throws {
        for limit in [3, 0] {
            let harness = LiveHarness(settings: settings { cap.set(&$0, to: limit) })
            let channels = try (0..<(limit == 0 ? 100 : 4)).map { number in
                var request = harness.request(
                    identity: harness.identity(
                        cap == .user ? "42" : "u\(number)",
                        session: cap == .session ? "s" : "s\(number)"
                    )
                )
                // One /64 of IPv6 is one client.
                request.remoteAddress = cap == .address ? "2001:db8::\(number)" : "10.0.0.\(number)"
                return try harness.connect(request)
            }
            let frames = try channels.map { try $0.frames()[0] }
            guard limit > 0 else {
                #expect(frames.allSatisfy { $0.contains("hello") })
                continue
            }
            #expect(frames.prefix(3).allSatisfy { $0.contains("hello") })
            #expect(frames[3].hasPrefix("close \(cap == .node ? "4100" : "4101")"))
            // A place that was left is free.
            channels[0].pipeline.close(promise: nil)
            harness.loop.run()
            #expect(harness.hub.connectionCount == 2)
        }
    }

    enum Cap: CaseIterable {
        case session, user, address, node

        func set(_ limits: inout LiveLimits, to limit: Int) {
            switch self {
            case .session: limits.perSession = limit
            case .user: limits.perUser = limit
            case .address: limits.perAddress = limit
            case .node: limits.perNode = limit
            }
        }
    }

    // MARK: Budget

    @Test("Above four fifths of the node's budget it is tight, until below three fifths; 0 is no budget")
    func budget() {
        let budget = InFlightBudget(limit: 1000)
        #expect(!budget.report(800))
        #expect(budget.report(1))
        #expect(budget.report(-201))
        #expect(!budget.report(-1))
        #expect(budget.bytes == 599)
        #expect(!InFlightBudget(limit: 0).report(.max / 2))
    }

    // MARK: Closing many

    @Test("A mass close goes in turns of 200 every 10 ms")
    func pacesCloses() throws {
        let harness = LiveHarness(
            settings: settings {
                ($0.perUser, $0.perAddress, $0.joinsBurst) = (0, 0, 0); $0.joins = 0
            }
        )
        let channels = try (0..<500).map { _ in try harness.connect(harness.request()) }
        for channel in channels { _ = try channel.frames() }
        harness.hub.closeUser("42", .sessionEnded)
        harness.loop.run()
        #expect(harness.shard.count == 300)
        harness.loop.advanceTime(by: .milliseconds(9))
        #expect(harness.shard.count == 300)
        harness.loop.advanceTime(by: .milliseconds(1))
        #expect(harness.shard.count == 100)
        harness.loop.advanceTime(by: .milliseconds(10))
        #expect(harness.shard.count == 0)
        #expect(harness.hub.connectionCount == 0)
    }

    @Test("A drain spreads its byes evenly, and tells each when to come back")
    func drains() throws {
        for (peers, range) in [(true, 200...2000), (false, 0...25_000)] {
            let harness = LiveHarness(settings: settings { ($0.perUser, $0.perAddress, $0.joins) = (0, 0, 0) })
            let channels = try (0..<250).map { _ in try harness.connect(harness.request()) }
            for channel in channels { _ = try channel.frames() }
            let promise = harness.loop.makePromise(of: Void.self)
            harness.shard.drain(window: .seconds(20), othersRunning: peers, done: promise)
            var left = 250
            for _ in 0..<20 {
                harness.loop.advanceTime(by: .seconds(1))
                // 12 or 13 of 250 in each of the 20 seconds.
                #expect((11...14).contains(left - harness.shard.count))
                left = harness.shard.count
            }
            harness.loop.advanceTime(by: .seconds(1))
            try promise.futureResult.wait()
            for channel in channels {
                let frames = try channel.frames()
                let retry = frames.last?.firstMatch(of: /^close 4200 draining retry=([0-9]+)/).flatMap { Int($0.1) }
                #expect(range.contains(try #require(retry)))
            }
            harness.shard.core.isDraining.store(true, ordering: .relaxed)
            #expect(try harness.connect(harness.request()).frames()[0].hasPrefix("close 4200 draining retry="))
        }
    }

    private func settings(_ change: (inout LiveLimits) -> Void) -> LiveSettings {
        var settings = LiveSettings()
        change(&settings.limits)
        return settings
    }
}
