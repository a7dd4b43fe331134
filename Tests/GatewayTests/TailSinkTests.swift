// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import EventLog
import NIOCore
import Testing
import Wire

@testable import Gateway

@Suite("What a tail shows")
struct TailSinkTests {
    private func entry(_ id: UInt64, _ topic: String = "a", _ data: String = "1") throws -> LogEntry {
        LogEntry(id: Cursor(milliseconds: id, sequence: 0), topic: try Topic(topic), body: .data(Array(data.utf8)))
    }

    private func cursor(_ id: UInt64) -> Cursor { Cursor(milliseconds: id, sequence: 0) }

    /// Everything that was written, once the sink is finished.
    private func text(_ sink: TailSink) async -> String {
        sink.finish()
        var text = ""
        for await chunk in sink.chunks { text += String(buffer: chunk) }
        return text
    }

    @Test("From now on: only the position first, so that a cut resumes")
    func now() async throws {
        let sink = TailSink(filters: [], since: nil)
        sink.preload([try entry(5)], floor: cursor(1), position: cursor(5))
        sink.append([try entry(6, "a", "{\"n\":1}")])
        #expect(await text(sink) == "id: 5-0\n\nid: 6-0\ndata: {\"id\":\"6-0\",\"topic\":\"a\",\"data\":{\"n\":1}}\n\n")
    }

    @Test("After a cursor: what came after it, and never what it names")
    func since() async throws {
        let sink = TailSink(filters: [], since: cursor(5))
        sink.preload([try entry(4), try entry(5), try entry(6)], floor: cursor(1), position: cursor(6))
        #expect(await text(sink) == "id: 6-0\ndata: {\"id\":\"6-0\",\"topic\":\"a\",\"data\":1}\n\n")
    }

    @Test("A cursor below the floor gets a gap before the rest; one at the floor does not")
    func trimmed() async throws {
        let sink = TailSink(filters: [], since: cursor(2))
        sink.preload([try entry(4)], floor: cursor(3), position: cursor(4))
        let written = await text(sink)
        #expect(
            written.hasPrefix(
                "id: 3-0\ndata: {\"op\":\"gap\",\"topic\":\"*\",\"from\":\"2-0\",\"id\":\"3-0\",\"why\":\"trimmed\"}\n\n"
            ),
            "\(written)"
        )
        #expect(written.hasSuffix("id: 4-0\ndata: {\"id\":\"4-0\",\"topic\":\"a\",\"data\":1}\n\n"))

        let whole = TailSink(filters: [], since: cursor(3))
        whole.preload([try entry(4)], floor: cursor(3), position: cursor(4))
        #expect(await !text(whole).contains("gap"))
    }

    @Test("Filters hold for both lanes")
    func filters() async throws {
        let sink = TailSink(filters: [try TopicFilter("user.*"), try TopicFilter("board.7")], since: cursor(0))
        sink.append([try entry(1, "user.42"), try entry(2, "board.7"), try entry(3, "board.8"), try entry(4, "other")])
        sink.ephemeral(try Topic("user.1"), data: [UInt8(ascii: "1")])
        sink.ephemeral(try Topic("other"), data: [UInt8(ascii: "1")])
        let shown = await text(sink).split(separator: "\n").filter { $0.hasPrefix("data:") }
        #expect(shown.count == 3)
        #expect(shown.last == "data: {\"topic\":\"user.1\",\"data\":1}")
    }

    @Test("The gateway's own topics are never shown")
    func reserved() async throws {
        let sink = TailSink(filters: [], since: nil)
        let close = Topic(reserved: "$close")
        sink.append([LogEntry(id: cursor(1), topic: close, body: .data([UInt8(ascii: "1")]))])
        sink.append([LogEntry(id: cursor(2), topic: close, body: .unreadable)])
        sink.ephemeral(close, data: [UInt8(ascii: "1")])
        #expect(await text(sink).isEmpty)
    }

    @Test("Line breaks inside the data cannot end the event")
    func lineBreaks() async throws {
        let sink = TailSink(filters: [], since: nil)
        sink.append([try entry(1, "a", "{\n\"n\":\r\n1}")])
        #expect(await text(sink) == "id: 1-0\ndata: {\"id\":\"1-0\",\"topic\":\"a\",\"data\":{ \"n\":  1}}\n\n")
    }

    @Test("An unreadable entry and a lost stretch are told as gaps")
    func gaps() async throws {
        let sink = TailSink(filters: [], since: nil)
        sink.append([LogEntry(id: cursor(7), topic: try Topic("a"), body: .unreadable)])
        sink.lost(.reset, continuingAt: cursor(9), oldest: cursor(8))
        let written = await text(sink)
        #expect(written.contains("id: 7-0\ndata: {\"op\":\"gap\",\"topic\":\"a\""))
        #expect(written.contains("\"why\":\"unreadable\""))
        #expect(written.contains("id: 9-0\ndata: {\"op\":\"gap\",\"topic\":\"*\""))
        #expect(written.contains("\"why\":\"reset\""))
    }

    @Test("A terminal that falls behind gets what waited, in order, and then the end: no hole")
    func overflow() async throws {
        let sink = TailSink(filters: [], since: nil)
        for id in 1...UInt64(TailSink.capacity + 1) { sink.append([try entry(id)]) }
        sink.append([try entry(UInt64(TailSink.capacity) + 2)])
        var last = ""
        var count = 0
        for await chunk in sink.chunks {
            count += 1
            last = String(buffer: chunk)
        }
        #expect(count == TailSink.capacity)
        #expect(last.hasPrefix("id: \(TailSink.capacity)-0\n"))
    }
}
