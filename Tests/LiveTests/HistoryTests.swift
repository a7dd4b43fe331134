// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import EventLog
import Foundation
import NIOCore
import NIOEmbedded
import StrictJSON
import TestSupport
import Testing
import Wire

@testable import Live

/// Random histories of a hub without sockets: whatever happens in whatever order, every id comes once, or under a gap.
@Suite("Histories")
struct HistoryTests {
    /// `make histories` tells as many as one likes, each with a seed of its own.
    private static let count = ProcessInfo.processInfo.environment["GATECAST_HISTORIES"].flatMap(UInt64.init) ?? 60

    /// - Returns: what the model found in the history of that seed.
    private static func violations(seed: UInt64, _ mutant: History.Mutant? = nil) async throws -> [String] {
        await Task.yield()
        // An embedded loop belongs to the thread it began on: no suspension from here.
        return try History(seed: seed, mutant).run(steps: 80)
    }

    @Test("A reference model finds nothing missing in dozens of random histories")
    func histories() async throws {
        for seed in 1...Self.count {
            let violations = try await Self.violations(seed: seed)
            #expect(violations.isEmpty, "seed \(seed): \(violations.prefix(3))")
        }
    }

    @Test("A gateway with a planted fault is found out by the same histories", arguments: History.Mutant.allCases)
    fileprivate func mutants(mutant: History.Mutant) async throws {
        for seed in 1...60 as ClosedRange<UInt64> where try await !Self.violations(seed: seed, mutant).isEmpty {
            return
        }
        Issue.record("the model found nothing wrong with \(mutant)")
    }

    @Test("The model itself notices what is missing, repeated, out of order or foreign")
    func model() throws {
        func run(_ frames: [String]) throws -> [String] {
            var ledger = DeliveryLedger()
            ledger.add(client: 1) { $0 == "a" }
            for id in ["101-0", "102-0", "103-0"] { ledger.published(id, topic: "a") }
            ledger.published("102-5", topic: "b")
            ledger.connected(client: 1)
            for frame in frames { ledger.received(try JSONScanner.parse(Array(frame.utf8)), by: 1) }
            return ledger.violations
        }
        let hello = #"{"op":"hello","id":"100-0"}"#
        func event(_ id: String, _ topic: String = "a") -> String { #"{"id":"\#(id)","topic":"\#(topic)","data":1}"# }
        #expect(try run([hello, event("101-0"), event("102-0"), event("103-0")]).isEmpty)
        #expect(try run([hello, event("101-0"), event("103-0")]).count == 1)
        #expect(try run([hello, #"{"op":"ping","id":"103-0"}"#]).count == 3)
        #expect(try run([hello, event("101-0"), event("101-0"), event("102-0")]).count == 1)
        #expect(try run([hello, event("102-0"), event("101-0")]).count == 1)
        #expect(try run([hello, event("101-0"), event("102-0"), event("102-5", "b")]).count == 1)
        let gap = #"{"op":"gap","topic":"*","from":"101-0","id":"103-0","why":"lag"}"#
        #expect(try run([hello, event("101-0"), gap]).isEmpty)
        #expect(try run([hello, gap]).isEmpty)
        #expect(try run([#"{"op":"gap","topic":"*","id":"101-0","why":"reset"}"#, hello, event("103-0")]).count == 2)
    }
}

/// One hub, three clients, and a seeded hand that publishes, stalls, cuts, resumes, loses and trims.
private final class History {
    /// A fault between hub and client, as an implementation could have it.
    enum Mutant: CaseIterable {
        /// The first event after a resume is lost between replay and live.
        case dropsAtMerge
        /// What a heartbeat acknowledges is where the log is, not where this connection is.
        case acknowledgesEarly
        /// Something was missed, and nobody is told.
        case swallowsGaps
        /// `since` is taken for the first event wanted, not for the last one had.
        case resumesOneTooLate
        /// An event comes by the replay, and live once more.
        case repeatsEvents
    }

    private let mutant: Mutant?
    private var isMergeDue: Set<Int> = []
    private var ids: [Cursor] = []
    private let harness: LiveHarness
    private var random: SeededGenerator
    private var ledger = DeliveryLedger()
    private var clients: [Int: EmbeddedChannel] = [:]
    private var stalled: Set<Int> = []
    /// The end of what each was sent, for the report.
    private var tails: [Int: [String]] = [:]
    private var clock: UInt64 = 1000
    private let topics = ["org.a", "org.b", "org.a.x", "news", "other"]

    private static let wanted: [[String]] = [["org.*"], ["org.a", "org.*", "news"], ["news", "org.a.*"]]

    init(seed: UInt64, _ mutant: Mutant? = nil) throws {
        self.mutant = mutant
        random = SeededGenerator(state: seed)
        var settings = LiveSettings()
        settings.policy.allowed = [try TopicPattern("org.*"), try TopicPattern("news")]
        // One segment, so that large events push others out of it.
        settings.limits.ring = 1
        settings.limits.operations = 0
        settings.limits.joins = 0
        harness = LiveHarness(settings: settings, position: Cursor(1000))
        for number in 0..<3 {
            let filters = try History.wanted[number].map { try TopicFilter($0) }
            ledger.add(client: number) { topic in
                guard let topic = try? Topic(topic) else { return false }
                return filters.contains { $0.matches(topic) }
            }
            try connect(number)
        }
    }

    func run(steps: Int) throws -> [String] {
        for _ in 0..<steps { try step() }
        return try end()
    }

    func step() throws {
        let number = Int.random(in: 0..<3, using: &random)
        switch Int.random(in: 0..<100, using: &random) {
        case ..<55: publish(Int.random(in: 1...6, using: &random))
        case ..<67: stall(number)
        case ..<79: wake(number)
        case ..<88: try cut(number)
        case ..<91: lose(.trimmed)
        case ..<93: lose(.reset)
        default: harness.loop.advanceTime(by: .seconds(Int64.random(in: 1...8, using: &random)))
        }
        harness.loop.run()
        try collect()
    }

    /// Everybody reads to the end.
    func end() throws -> [String] {
        for number in 0..<3 { wake(number) }
        for _ in 0..<4 {
            harness.loop.advanceTime(by: .seconds(3))
            try collect()
        }
        for number in 0..<3 where clients[number]?.isActive != true { try connect(number) }
        publish(1, topic: "org.a.x")
        let last = "\(clock)-0"
        for _ in 0..<8 {
            harness.loop.advanceTime(by: .seconds(3))
            try collect()
        }
        let late = (0..<3).filter { !ledger.hasReached(last, client: $0) }.map {
            "client \($0) never reached \(last): \(tails[$0]?.suffix(4).map { $0.prefix(80) } ?? [])"
        }
        return ledger.violations + late
    }

    private func publish(_ count: Int, topic: String? = nil) {
        var batch: [LogEntry] = []
        for _ in 0..<count {
            clock += UInt64.random(in: 1...9, using: &random)
            let name = topic ?? topics[Int.random(in: 0..<topics.count, using: &random)]
            guard let topic = try? Topic(name) else { continue }
            let size = Int.random(in: 0..<8, using: &random) == 0 ? 30_000 : 10
            let data = [UInt8(ascii: "\"")] + [UInt8](repeating: 0x78, count: size) + [UInt8(ascii: "\"")]
            let id = Cursor(clock)
            ledger.published("\(id)", topic: name)
            ids.append(id)
            batch.append(LogEntry(id: id, topic: topic, body: .data(data)))
        }
        harness.hub.reader.append(batch)
    }

    private func stall(_ number: Int) {
        stalled.insert(number)
        clients[number]?.setWritable(false)
    }

    private func wake(_ number: Int) {
        guard stalled.remove(number) != nil, let channel = clients[number] else { return }
        channel.setWritable(true)
        harness.loop.run()
    }

    private func cut(_ number: Int) throws {
        if mutant == .acknowledgesEarly, let last = ids.last { try take(#"{"op":"ping","id":"\#(last)"}"#, number) }
        // What was not read yet is lost with the connection; the cursor says so.
        // Not `finish`, which would cancel the timers of the loop that all of them share.
        clients[number]?.pipeline.close(promise: nil)
        harness.loop.run()
        stalled.remove(number)
        try connect(number)
    }

    private func connect(_ number: Int) throws {
        ledger.connected(client: number)
        var since = ledger.cursor(of: number)
        if mutant == .resumesOneTooLate, let cursor = since.flatMap({ Cursor($0) }) {
            since = (ids.first { $0 > cursor } ?? cursor).description
        }
        if since != nil { isMergeDue.insert(number) }
        let request = harness.request(
            History.wanted[number],
            since: since,
            identity: harness.identity("user\(number)")
        )
        clients[number] = try harness.connect(request)
        try collect()
    }

    private func lose(_ why: GapReason) {
        clock += 5
        harness.hub.reader.lost(why, continuingAt: Cursor(clock), oldest: Cursor(clock))
    }

    private func take(_ text: String, _ number: Int) throws {
        let frame = try JSONScanner.parse(Array(text.utf8))
        let isEvent = frame["op"] == nil
        switch mutant {
        case .dropsAtMerge where isEvent && isMergeDue.remove(number) != nil: return
        case .swallowsGaps where frame["op"]?.string == "gap":
            // The position moves all the same.
            if let id = frame["id"]?.string { return try take(#"{"op":"ping","id":"\#(id)"}"#, number) }
        case .repeatsEvents where isEvent && isMergeDue.remove(number) != nil: ledger.received(frame, by: number)
        default: break
        }
        ledger.received(frame, by: number)
    }

    private func collect() throws {
        for (number, channel) in clients {
            for frame in try channel.frames() {
                tails[number, default: []].append(frame)
                guard frame.hasPrefix("{") else { continue }
                try take(frame, number)
            }
            // The peer answers pings, or it would be given up.
            if channel.isActive { try channel.writeInbound(ClientFrames.frame(0xA, [])) }
        }
    }
}
