// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import NIOCore
import NIOEmbedded
import Testing
import Wire

@testable import Live

private final class FakeSink: EventStreamSink {
    var text = ""
    var flushes = 0
    var isEnded = false
    var isWritable = true
    var unflushedBytes = 0

    func write(_ bytes: ByteBuffer) { text += String(buffer: bytes) }
    func flush() { flushes += 1 }
    func end() { isEnded = true }

    func take() -> String {
        defer { text = "" }
        return text
    }
}

@Suite("Server-sent events and long-polls")
struct EventStreamTests {
    @Test("retry, hello, events with ids, heartbeat without data")
    func streams() throws {
        let harness = LiveHarness()
        let sink = FakeSink()
        let stream = EventStream(shard: harness.shard, join: harness.request(), sink: sink)
        stream.start()
        let opening = sink.take()
        let retry = try #require(opening.firstMatch(of: /^retry: ([0-9]+)\n\nid: 100-0\ndata: {"op":"hello"/))
        #expect((1000...3000).contains(try #require(Int(retry.1))))
        try harness.publish("user.42", 101)
        #expect(sink.take() == "id: 101-0\ndata: {\"id\":\"101-0\",\"topic\":\"user.42\",\"data\":101}\n\n")
        harness.loop.advanceTime(by: .seconds(17))
        #expect(sink.take() == "id: 101-0\n\n")
        stream.sinkClosed()
        #expect(harness.shard.count == 0)
    }

    @Test("Last-Event-ID wins over since")
    func headerWins() throws {
        let harness = LiveHarness()
        try harness.publish("user.42", 101, 102)
        let sink = FakeSink()
        let join = harness.request(since: "100-0")
        let stream = EventStream(shard: harness.shard, join: join, sink: sink, lastEventID: "101-0")
        stream.start()
        harness.loop.run()
        let text = sink.take()
        #expect(text.contains("id: 102-0\n"))
        #expect(!text.contains(#""data":101"#))
    }

    @Test("A permanent refusal leaves a stop id, which is recognised when the browser comes back")
    func stops() {
        let harness = LiveHarness()
        let sink = FakeSink()
        let stream = EventStream(shard: harness.shard, join: harness.request(refusal: .loginRequired), sink: sink)
        stream.start()
        #expect(sink.take() == "id: stop-4001\ndata: {\"op\":\"bye\",\"code\":4001}\n\n")
        #expect(sink.isEnded)
        #expect(EventStream.shouldStop(lastEventID: "stop-4001"))
        #expect(!EventStream.shouldStop(lastEventID: "stop-4200"))
        #expect(!EventStream.shouldStop(lastEventID: "101-0"))
        #expect(!EventStream.shouldStop(lastEventID: nil))
    }

    @Test("A slow stream is fed from the ring when its body takes bytes again")
    func demotes() throws {
        let harness = LiveHarness()
        let sink = FakeSink()
        let stream = EventStream(shard: harness.shard, join: harness.request(), sink: sink)
        stream.start()
        _ = sink.take()
        sink.isWritable = false
        try harness.publish("user.42", 101)
        try harness.publish("user.42", 102)
        #expect(!sink.text.contains("102"))
        sink.isWritable = true
        stream.sinkWritabilityChanged()
        harness.loop.run()
        #expect(sink.take().components(separatedBy: "id: ").count == 3)
    }

    @Test("An ephemeral event has no id and moves nobody's cursor")
    func ephemeral() throws {
        let harness = LiveHarness()
        let sink = FakeSink()
        let stream = EventStream(shard: harness.shard, join: harness.request(), sink: sink)
        stream.start()
        _ = sink.take()
        harness.hub.reader.ephemeral(try Topic("user.42"), data: Array("1".utf8))
        harness.loop.run()
        #expect(sink.take() == "data: {\"topic\":\"user.42\",\"data\":1}\n\n")
        #expect(harness.hub.position == Cursor(100))
    }

    private final class Answers {
        var all: [LongPollAnswer] = []
    }

    @Test("A long-poll without since answers hello; with it, the first events, or 204 after 25 s")
    func polls() throws {
        let harness = LiveHarness()
        let answers = Answers()
        LongPoll(shard: harness.shard, join: harness.request()) { answers.all.append($0) }.start()
        #expect(answers.all.count == 1)
        #expect(String(decoding: answers.all[0].body, as: UTF8.self).hasPrefix(#"[{"op":"hello""#))
        LongPoll(shard: harness.shard, join: harness.request(since: "100-0")) { answers.all.append($0) }.start()
        #expect(answers.all.count == 1)
        try harness.publish("user.42", 101, 102)
        #expect(answers.all.count == 2)
        #expect(
            String(decoding: answers.all[1].body, as: UTF8.self)
                == #"[{"id":"101-0","topic":"user.42","data":101},{"id":"102-0","topic":"user.42","data":102}]"#
        )
        #expect(answers.all[1].cursor == Cursor(102))
        LongPoll(shard: harness.shard, join: harness.request(since: "102-0")) { answers.all.append($0) }.start()
        harness.loop.advanceTime(by: .seconds(27))
        #expect(answers.all.last?.status == 204)
        LongPoll(shard: harness.shard, join: harness.request(["no"])) { answers.all.append($0) }.start()
        #expect(answers.all.last?.status == 403)
        #expect(harness.shard.count == 0)
    }
}
