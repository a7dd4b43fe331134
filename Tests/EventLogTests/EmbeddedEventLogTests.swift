// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import EventLog
import Foundation
import Synchronization
import TestSupport
import Testing
import Wire

@Suite("EmbeddedEventLog")
struct EmbeddedEventLogTests {
    final class Time: Sendable {
        private let milliseconds: Mutex<UInt64>
        init(_ start: UInt64) { milliseconds = Mutex(start) }
        func set(_ value: UInt64) { milliseconds.withLock { $0 = value } }
        var now: @Sendable () -> UInt64 { { self.milliseconds.withLock { $0 } } }
    }

    static func withFile(_ body: (String) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.path + "/gatecast-log-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await body(directory + "/log.sqlite")
    }

    @Test("With a file, cursors, keys and the mark survive a restart")
    func restart() async throws {
        try await Self.withFile { path in
            let time = Time(1_000_000)
            let first = try EmbeddedEventLog(file: path, now: time.now)
            let ids = try await first.append([event("a", "1", key: "k"), event("b", "{\"x\": \"\\u0000\"}")]).map(\.id)
            let extent = try await first.extent()
            try first.close()

            // The clock was set back meanwhile.
            time.set(500_000)
            let second = try EmbeddedEventLog(file: path, now: time.now)
            #expect(try await second.extent() == extent)
            let sink = RecordingSink()
            try await reading(second, into: sink) {
                #expect(sink.preloaded?.tail.map(\.id) == ids)
                #expect(sink.preloaded?.floor == extent.mark)
                #expect(try await second.append([event("a", "1", key: "k")]) == [Appended(id: ids[0], duplicate: true)])
                let next = try await second.append([event("a", "3")])
                #expect(next[0].id > ids[1])
            }
            try second.close()
        }
    }

    @Test("Without a file a restart begins a new log whose mark is newer than every old cursor")
    func restartInMemory() async throws {
        let time = Time(1_000_000)
        let old = try await EmbeddedEventLog(now: time.now).append([event("a", "1")])
        time.set(1_000_001)
        let extent = try await EmbeddedEventLog(now: time.now).extent()
        #expect(extent.mark > old[0].id)
        #expect(extent.last == extent.mark)
    }

    @Test("Age trims old entries from memory and file, and the floor survives")
    func retention() async throws {
        try await Self.withFile { path in
            let time = Time(1_000_000)
            var limits = LogLimits()
            limits.retention = .seconds(10)
            let log = try EmbeddedEventLog(file: path, limits: limits, now: time.now)
            let old = try await log.append([event("a", "1"), event("a", "2")])
            time.set(1_010_000)
            _ = try await log.append([event("a", "3")])
            #expect(try await log.extent().first < old[0].id, "10 s old is kept")
            time.set(1_010_001)
            _ = try await log.append([event("a", "4")])
            #expect(try await log.extent().first == old[1].id, "older is gone")
            _ = try await log.append([event("a", "5")])
            try log.close()
            let again = try EmbeddedEventLog(file: path, limits: limits, now: time.now)
            #expect(try await again.extent().first == old[1].id)
            try again.close()
        }
    }

    @Test("A key is forgotten after its lifetime, and the oldest when there are too many")
    func keyLifetime() async throws {
        let time = Time(1_000_000)
        var limits = LogLimits()
        limits.keyLifetime = .seconds(600)
        limits.keys = 2
        let log = try EmbeddedEventLog(limits: limits, now: time.now)
        _ = try await log.append([event("a", "1", key: "k")])
        time.set(1_599_999)
        #expect(try await log.append([event("a", "1", key: "k")])[0].duplicate)
        time.set(1_600_000)
        #expect(try await log.append([event("a", "1", key: "k")])[0].duplicate == false)
        _ = try await log.append([event("a", "1", key: "l"), event("a", "1", key: "m")])
        #expect(try await log.append([event("a", "1", key: "k")])[0].duplicate == false)
    }

    @Test("After close nothing is taken, and the error says so")
    func closed() async throws {
        try await Self.withFile { path in
            let log = try EmbeddedEventLog(file: path)
            try log.close()
            let error = try await #require(throws: EventLogError.self) { _ = try await log.append([event("a", "1")]) }
            #expect(error.code == .unavailable)
        }
    }
}
