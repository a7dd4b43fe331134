// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import EventLog
import NIOPosix
import Redis
import TestSupport
import Testing
import Wire

/// Against a real redis-server, one per test.
@Suite("RedisEventLog", .serialized, .enabled(if: RedisProcess.isAvailable))
struct RedisEventLogTests {
    @Test("Entries added by anyone are read; hostile ones are marked unreadable or dropped")
    func foreignEntries() async throws {
        try await RedisProcess.with { server in
            try await withRedis(server) { client in
                let sink = RecordingSink()
                try await reading(RedisEventLog.quick(client), into: sink) {
                    let key: RedisArgument = "gatecast:log"
                    _ = try await client.send("XADD", key, "*", "data", "{\"ok\": 1}", "other", "x", "topic", "a")
                    _ = try await client.send("XADD", key, "*", "topic", "a", "data", "1},\"topic\":\"b\"")
                    _ = try await client.send("XADD", key, "*", "topic", "a", "data", .bytes([0x22, 0xff, 0x22]))
                    _ = try await client.send("XADD", key, "*", "topic", "a")
                    _ = try await client.send("XADD", key, "*", "topic", "no spaces", "data", "1")
                    _ = try await client.send("XADD", key, "*", "data", "1")
                    _ = try await client.send("XADD", key, "*", "topic", "$mark", "data", "{}")
                    _ = try await client.send("XADD", key, "*", "topic", "a", "data", "2", "key", "k")
                    _ = try await client.send("XADD", key, "*", "topic", "a", "data", "3", "key", "k")
                    let big = "\"" + String(repeating: "x", count: 64 << 10) + "\""
                    _ = try await client.send("XADD", key, "*", "topic", "a", "data", .string(big))
                    _ = try await client.send("XADD", key, "*", "topic", "end", "data", "0")
                    try await eventually { sink.entries.last?.topic.name == "end" }
                    #expect(
                        sink.entries.map(\.body) == [
                            .data(Array("{\"ok\": 1}".utf8)), .unreadable, .unreadable, .unreadable,
                            .data([0x32]), .unreadable, .data([0x30]),
                        ]
                    )
                    #expect(sink.losses.isEmpty)
                }
            }
        }
    }

    @Test("Not ready while Redis is away, and not yet when only the reader has reached it")
    func readyOnlyWithBothConnections() async throws {
        try await RedisProcess.with { server in
            server.stop()
            let group = MultiThreadedEventLoopGroup.singleton
            var settings = server.settings
            settings.backoff = RedisBackoff(base: .milliseconds(5), limit: .milliseconds(20))
            let client = try RedisClient(settings: settings, group: group, logger: quiet)
            let log = RedisEventLog.quick(client)
            let sink = RecordingSink()
            let reading = Task { try await log.run(into: sink) }
            defer { reading.cancel() }
            try await eventually { log.readiness.reason?.contains("has not been read yet: ") == true }

            // The client of the commands is not even started: appending would fail, so nobody may be sent here.
            try await server.restart()
            try await eventually { sink.preloaded != nil }
            try await eventually { log.readiness.reason == "Redis has taken no command yet" }
            await #expect(throws: EventLogError.self) { _ = try await log.append([event("a", "1")]) }

            let commanding = Task { try await client.run() }
            defer { commanding.cancel() }
            try await eventually { log.isReady }
            _ = try await log.append([event("a", "2")])
            try await eventually { sink.entries.count == 1 }
        }
    }

    @Test("FLUSHALL and DEL are told as a reset, and reading goes on", arguments: ["FLUSHALL", "DEL"])
    func reset(_ command: String) async throws {
        try await RedisProcess.with { server in
            try await withRedis(server) { client in
                let log = RedisEventLog.quick(client)
                let sink = RecordingSink()
                try await reading(log, into: sink) {
                    let old = try await log.append([event("a", "1")])
                    try await eventually { sink.entries.count == 1 }
                    _ = try await client.send(command == "DEL" ? ["DEL", "gatecast:log"] : ["FLUSHALL"])
                    try await eventually { !sink.losses.isEmpty }
                    let loss = try #require(sink.losses.first)
                    #expect(loss.why == .reset)
                    #expect(loss.oldest > old[0].id)
                    let next = try await log.append([event("a", "2")])
                    try await eventually { sink.entries.last?.id == next[0].id }
                    #expect(try await log.extent().mark == loss.position)
                }
            }
        }
    }

    @Test("A log that was flushed, and whose clock is behind the ids it gave, gives none of them again")
    func clockBehind() async throws {
        try await RedisProcess.with { server in
            try await withRedis(server) { client in
                let log = RedisEventLog.quick(client)
                let sink = RecordingSink()
                try await reading(log, into: sink) {
                    let now = try await log.append([event("a", "1")])
                    let ahead = Cursor(milliseconds: now[0].id.milliseconds + 3_600_000, sequence: 7)
                    _ = try await client.send([
                        "XADD", "gatecast:log", .string("\(ahead)"), "topic", "a", "data", "2",
                    ])
                    try await eventually { sink.entries.last?.id == ahead }
                    _ = try await client.send(["FLUSHALL"])
                    try await eventually { sink.losses.first?.why == .reset }
                    // Who comes back with `ahead` is older than the mark, and so is told.
                    #expect(sink.losses[0].position > ahead)
                    #expect(try await log.extent().mark == sink.losses[0].position)
                    let next = try await log.append([event("a", "3")])
                    #expect(next[0].id > ahead)
                    try await eventually { sink.entries.last?.id == next[0].id }
                    #expect(sink.losses.count == 1)
                }
            }
        }
    }

    @Test("A restarted server is another log, with or without its data", arguments: [false, true])
    func restart(persistent: Bool) async throws {
        var options = RedisProcess.Options()
        options.persistent = persistent
        try await RedisProcess.with(options) { server in
            try await withRedis(server) { client in
                let log = RedisEventLog.quick(client)
                let sink = RecordingSink()
                try await reading(log, into: sink) {
                    _ = try await log.append([event("a", "1")])
                    try await eventually { sink.entries.count == 1 }
                    try await server.restart()
                    try await eventually { sink.losses.first?.why == .reset }
                    try await client.waitUntilConnected()
                    try await eventually { (try? await log.append([event("a", "2")])) != nil }
                    try await eventually { sink.entries.last?.body == .data([0x32]) }
                    #expect(sink.losses.count == 1)
                }
            }
        }
    }

    @Test("Entries deleted before they were read are told as trimmed")
    func trimmedUnread() async throws {
        try await RedisProcess.with { server in
            try await withRedis(server) { client in
                let log = RedisEventLog.quick(client)
                let sink = RecordingSink()
                try await reading(log, into: sink) {
                    _ = try await log.append([event("a", "1")])
                    try await eventually { sink.entries.count == 1 }
                    // Added and gone before any reader is served.
                    _ = try await client.eval(
                        """
                        local id = redis.call('XADD', KEYS[1], '*', 'topic', 'a', 'data', '2')
                        return redis.call('XDEL', KEYS[1], id)
                        """,
                        keys: ["gatecast:log"]
                    )
                    try await eventually { sink.losses.first?.why == .trimmed }
                    let next = try await log.append([event("a", "3")])
                    try await eventually { sink.entries.last?.id == next[0].id }
                    #expect(sink.losses.count == 1)
                }
            }
        }
    }

    @Test("Killed connections lose nothing and repeat nothing")
    func clientKill() async throws {
        try await RedisProcess.with { server in
            try await withRedis(server) { client in
                let log = RedisEventLog.quick(client)
                let sink = RecordingSink()
                try await reading(log, into: sink) {
                    for round in 0..<5 {
                        _ = try await log.append([event("a", "\(round)")])
                        // Every connection but the one that asks, so the reader's among them.
                        _ = try await client.send("CLIENT", "KILL", "TYPE", "normal")
                        _ = try await log.append([event("b", "\(round)")])
                    }
                    try await eventually { sink.entries.count >= 10 }
                    #expect(sink.entries.map(\.topic.name) == (0..<5).flatMap { _ in ["a", "b"] })
                    #expect(sink.losses.isEmpty)
                }
            }
        }
    }

    @Test("Two nodes read one log under one mark, and are ready once their own probes come back")
    func twoNodes() async throws {
        try await RedisProcess.with { server in
            try await withRedis(server) { client in
                let (one, two) = (RedisEventLog.quick(client), RedisEventLog.quick(client, node: "n2"))
                let (first, second) = (RecordingSink(), RecordingSink())
                #expect(!one.isReady)
                try await reading(one, into: first) {
                    try await reading(two, into: second) {
                        _ = try await one.append([event("a", "1")])
                        _ = try await two.append([event("a", "2")])
                        try await eventually { first.entries.count == 2 && second.entries.count == 2 }
                        #expect(first.entries == second.entries)
                        #expect(try await one.extent().mark == two.extent().mark)
                        try await eventually { one.isReady && two.isReady }
                    }
                }
                #expect(!one.isReady)
            }
        }
    }

    @Test("A probe that does not come back makes the node not ready, until one does")
    func probe() async throws {
        try await RedisProcess.with { server in
            try await withRedis(server) { client in
                let log = RedisEventLog.quick(client)
                try await reading(log, into: RecordingSink()) {
                    try await eventually { log.isReady }
                    // What cannot be written cannot come back.
                    _ = try await client.send("ACL", "SETUSER", "default", "-xadd")
                    try await eventually { !log.isReady }
                    _ = try await client.send("ACL", "SETUSER", "default", "+xadd")
                    try await eventually { log.isReady }
                }
            }
        }
    }

    @Test("Append fails at once while Redis is away")
    func down() async throws {
        try await RedisProcess.with { server in
            try await withRedis(server) { client in
                let log = RedisEventLog.quick(client)
                server.stop()
                try await eventually { !client.isConnected }
                let error = try await #require(throws: EventLogError.self) {
                    _ = try await log.append([event("a", "1")])
                }
                #expect(error.code == .unavailable)
                #expect(!log.isReady)
            }
        }
    }
}
