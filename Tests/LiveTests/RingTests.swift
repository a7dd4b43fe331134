// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import NIOCore
import NIOEmbedded
import Testing
import Wire

@testable import Live

@Suite("Ring")
struct RingTests {
    private func entry(_ id: UInt64, _ topic: String, bytes: Int = 20) throws -> FramedEntry {
        let payload = ByteBuffer(repeating: 0x61, count: bytes)
        return FramedEntry(id: Cursor(id), topic: RoutedTopic(try Topic(topic)), payload: payload)
    }

    @Test("The oldest segment goes whole, and its last id becomes the floor")
    func evicts() throws {
        let ring = Ring(budget: 2 * RingSegment.capacity)
        for id in 1...40 as ClosedRange<UInt64> { _ = ring.append([try entry(id, "a", bytes: 30_000)]) }
        let snapshot = ring.snapshot
        #expect(ring.bytes <= 2 * RingSegment.capacity)
        let first = try #require(snapshot.segments.first)
        #expect(snapshot.floor.milliseconds + 1 == first.segment[0].id.milliseconds)
        #expect(snapshot.floor > .zero)
    }

    @Test("An entry larger than a segment gets one of its own")
    func large() throws {
        let ring = Ring(budget: 4 * RingSegment.capacity)
        _ = ring.append([try entry(1, "a"), try entry(2, "a", bytes: 300_000), try entry(3, "a")])
        var output = FrameOutput(style: .webSocket)
        let query = RingQuery(keys: [TopicKey("a", isPrefix: false)])
        let last = ring.snapshot.read(after: .zero, through: Cursor(3), query: query, budget: 1 << 20, into: &output)
        #expect(last == Cursor(3))
        #expect(output.count == 300_010 + 2 * 22)
    }

    @Test("What was lost is never honoured again")
    func honours() throws {
        let ring = Ring(budget: 1 << 20)
        ring.lost(oldest: Cursor(50), clearing: false)
        ring.lost(oldest: Cursor(40), clearing: false)
        #expect(ring.snapshot.oldest == Cursor(50))
        _ = ring.append([try entry(60, "a")])
        ring.lost(oldest: Cursor(70), clearing: true)
        #expect(ring.snapshot.oldest == Cursor(70))
        #expect(ring.snapshot.segments.isEmpty)
    }

    @Test("Sealed and open segments answer every query alike, however it is cut")
    func readsAlike() throws {
        var random = SeededGenerator(state: 3)
        let topics = ["a", "a.b", "a.c", "a.b.c", "d", "d.e"]
        let ring = Ring(budget: 64 << 20)
        var all: [(id: UInt64, topic: String)] = []
        for id in 1...9000 as ClosedRange<UInt64> {
            let topic = topics.randomElement(using: &random) ?? "a"
            all.append((id, topic))
            _ = ring.append([try entry(id, topic, bytes: 30)])
        }
        let snapshot = ring.snapshot
        #expect(snapshot.segments.contains { $0.index != nil })
        for _ in 0..<200 {
            let filters = try ["a.*", "a.b", "d", "a.b.*"].shuffled(using: &random).prefix(2).map(TopicFilter.init)
            let from = UInt64.random(in: 0...9000, using: &random)
            let through = UInt64.random(in: from...9000, using: &random)
            let query = RingQuery(keys: filters.map(TopicKey.init))
            var position = Cursor(from)
            var bytes = 0
            while position < Cursor(through) {
                var output = FrameOutput(style: .webSocket)
                position = snapshot.read(
                    after: position,
                    through: Cursor(through),
                    query: query,
                    budget: 4096,
                    into: &output
                )
                bytes += output.count
            }
            let expected = try all.count { event in
                let topic = try Topic(event.topic)
                return event.id > from && event.id <= through && filters.contains { $0.matches(topic) }
            }
            #expect(bytes == expected * 32)
        }
    }

    @Test("Replay and live together give each event once, in order, under random demotions")
    func mergesWithoutGapOrDuplicate() throws {
        for seed in 1...30 as ClosedRange<UInt64> {
            var random = SeededGenerator(state: seed)
            let harness = LiveHarness()
            let channel = try harness.connect(harness.request())
            _ = try channel.frames()
            var got: [String] = []
            var id: UInt64 = 100
            for _ in 0..<100 {
                switch Int.random(in: 0..<4, using: &random) {
                case 0:
                    channel.setWritable(!channel.isWritable)
                case 1:
                    harness.loop.run()
                default:
                    id += 1
                    try harness.publish(Bool.random(using: &random) ? "user.42" : "user.7", id)
                }
                got += try channel.frames()
            }
            channel.setWritable(true)
            harness.loop.run()
            got += try channel.frames()
            let snapshot = harness.shard.core.ring.snapshot
            var expected: [String] = []
            for view in snapshot.segments {
                for number in 0..<view.count where view.segment[number].topic.topic.name == "user.42" {
                    let id = view.segment[number].id
                    expected.append(#"{"id":"\#(id)","topic":"user.42","data":\#(id.milliseconds)}"#)
                }
            }
            #expect(got == expected, "seed \(seed)")
        }
    }
}
