// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import EventLog
import Foundation
import TestSupport
import Testing
import Wire

/// What every form of the log promises.
@Suite("EventLog contract", .serialized)
struct LogContractTests {
    @Test("Events arrive once, in the order of their ids, with their bytes", arguments: LogForm.available)
    func order(_ form: LogForm) async throws {
        try await form.with { log in
            let sink = RecordingSink()
            try await reading(log, into: sink) {
                var ids: [Cursor] = []
                for number in 0..<50 { ids += try await log.append([event("user.1", "{\"n\": \(number)}")]).map(\.id) }
                try await eventually { sink.entries.count >= 50 }
                #expect(ids == ids.sorted())
                #expect(Set(ids).count == 50)
                #expect(sink.entries.map(\.id) == ids)
                #expect(sink.entries[7].body == .data(Array("{\"n\": 7}".utf8)))
                #expect(sink.losses.isEmpty)
                let extent = try await log.extent()
                #expect(extent.last == ids.last)
                #expect(extent.mark < ids[0])
                #expect(extent.first <= ids[0])
            }
        }
    }

    @Test("Appends of many tasks are all there, in one order for every reader", arguments: LogForm.available)
    func concurrency(_ form: LogForm) async throws {
        try await form.with { log in
            let (first, second) = (RecordingSink(), RecordingSink())
            try await reading(log, into: first) {
                try await reading(log, into: second) {
                    try await withThrowingTaskGroup { tasks in
                        for number in 0..<100 {
                            tasks.addTask {
                                _ = try await log.append([event("a", "\(number)"), event("b", "\(number)")])
                            }
                        }
                        try await tasks.waitForAll()
                    }
                    try await eventually { first.entries.count >= 200 && second.entries.count >= 200 }
                    #expect(first.entries == second.entries)
                    #expect(first.entries.map(\.id) == first.entries.map(\.id).sorted())
                    // A batch stays together.
                    let bodies = first.entries.map(\.body)
                    #expect(stride(from: 0, to: 200, by: 2).allSatisfy { bodies[$0] == bodies[$0 + 1] })
                }
            }
        }
    }

    @Test("A key that was seen for the topic answers the first id and appends nothing", arguments: LogForm.available)
    func keys(_ form: LogForm) async throws {
        try await form.with { log in
            let sink = RecordingSink()
            try await reading(log, into: sink) {
                let first = try await log.append([event("a", "1", key: "k")])
                let again = try await log.append([
                    event("a", "2", key: "k"), event("b", "3", key: "k"), event("a", "4"),
                ])
                #expect(again[0] == Appended(id: first[0].id, duplicate: true))
                #expect(again.map(\.duplicate) == [true, false, false])
                let twice = try await log.append([event("c", "5", key: "x"), event("c", "6", key: "x")])
                #expect(twice[1] == Appended(id: twice[0].id, duplicate: true))
                try await eventually { sink.entries.count >= 4 }
                #expect(sink.entries.map(\.body) == ["1", "3", "4", "5"].map { .data(Array($0.utf8)) })
            }
        }
    }

    @Test("A batch with one bad event is refused whole", arguments: LogForm.available)
    func atomicity(_ form: LogForm) async throws {
        var limits = LogLimits()
        limits.dataBytes = 100
        try await form.with(limits) { log in
            let before = try await log.extent()
            let atLimit = "\"" + String(repeating: "x", count: 98) + "\""
            for (bad, code) in [
                ("{", EventLogError.Code.invalid), ("1 2", .invalid), ("{\"a\":1,\"a\":2}", .invalid),
                (atLimit + " ", .tooBig),
            ] {
                let error = try await #require(throws: EventLogError.self) {
                    _ = try await log.append([event("a", "1"), event("a", bad)])
                }
                #expect(error.code == code)
            }
            #expect(try await log.extent().last == before.last)
            #expect(try await log.append([event("a", atLimit)]).count == 1)
        }
    }

    @Test("A reader that comes late is given the tail, the floor and the position", arguments: LogForm.available)
    func preload(_ form: LogForm) async throws {
        try await form.with { log in
            let mark = try await log.extent().mark
            let ids = try await log.append((0..<600).map { try event("a", "\($0)") }).map(\.id)
            let sink = RecordingSink()
            try await reading(log, into: sink) {
                let preloaded = try #require(sink.preloaded)
                #expect(preloaded.tail.map(\.id) == ids)
                #expect(preloaded.position == ids.last)
                #expect(preloaded.floor == mark)
                let next = try await log.append([event("a", "\"next\"")])
                try await eventually { sink.entries.count >= 601 }
                #expect(sink.entries.last?.id == next[0].id)
            }
        }
    }

    @Test("A tail beyond the budget begins later, and the floor says so", arguments: LogForm.available)
    func budget(_ form: LogForm) async throws {
        var limits = LogLimits()
        limits.retainedBytes = 30_000
        try await form.with(limits) { log in
            // Asking for it makes the mark where there was none yet: what is older than the mark does not count.
            _ = try await log.extent()
            let text = "\"" + String(repeating: "x", count: 100) + "\""
            let ids = try await log.append((0..<1000).map { _ in try event("a", text) }).map(\.id)
            let sink = RecordingSink()
            try await reading(log, into: sink) {
                let preloaded = try #require(sink.preloaded)
                try #require((1..<1000).contains(preloaded.tail.count))
                #expect(preloaded.tail.last?.id == ids.last)
                #expect(preloaded.floor >= ids[ids.count - preloaded.tail.count - 1])
                #expect(preloaded.floor <= preloaded.tail[0].id)
            }
        }
    }

    @Test("Beyond its length the log forgets its oldest, and says where it begins now", arguments: LogForm.available)
    func trimming(_ form: LogForm) async throws {
        var limits = LogLimits()
        limits.retainedBytes = 60_000
        limits.retainedEntries = 300
        try await form.with(limits) { log in
            let early = RecordingSink()
            try await reading(log, into: early) {
                let text = "\"" + String(repeating: "x", count: 100) + "\""
                let ids = try await log.append((0..<1000).map { _ in try event("a", text) }).map(\.id)
                // The one who was there got all of them, or was told.
                try await eventually { early.entries.last?.id == ids.last }
                // What was trimmed unread shows at the next check.
                try await eventually { early.entries.count == 1000 || early.losses.contains { $0.why == .trimmed } }
                try await eventually { try await log.extent().first > ids[0] }
                let late = RecordingSink()
                try await reading(log, into: late) {
                    let preloaded = try #require(late.preloaded)
                    #expect(preloaded.floor > ids[0])
                    #expect(preloaded.tail.allSatisfy { $0.id >= preloaded.floor })
                    #expect(preloaded.tail.last?.id == ids.last)
                }
            }
        }
    }

    @Test("Who comes back reads each event once, and none of them twice", arguments: LogForm.available)
    func secondRun(_ form: LogForm) async throws {
        try await form.with { log in
            let first = RecordingSink()
            var ids: [Cursor] = []
            try await reading(log, into: first) {
                ids += try await log.append((0..<20).map { try event("a", "\($0)") }).map(\.id)
                try await eventually { first.entries.count == 20 }
            }
            ids += try await log.append((20..<40).map { try event("a", "\($0)") }).map(\.id)
            let second = RecordingSink()
            try await reading(log, into: second) {
                ids += try await log.append((40..<60).map { try event("a", "\($0)") }).map(\.id)
                try await eventually { second.entries.count >= 60 }
                #expect(second.entries.map(\.id) == ids)
            }
        }
    }

    @Test("A cancelled reader returns", arguments: LogForm.available)
    func cancellation(_ form: LogForm) async throws {
        try await form.with { log in
            let sink = RecordingSink()
            try await reading(log, into: sink) {}
            #expect(sink.calls.count == 1)
        }
    }
}
