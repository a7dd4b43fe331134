// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import EventLog
import NIOPosix
import Redis
import TestSupport
import Testing
import Wire

/// The table of live.md §5, window by window, on real servers: what was missed is told, what was not is not, and readiness
/// says which it is.
@Suite("Loss windows", .serialized, .enabled(if: RedisProcess.isAvailable))
struct LossWindowTests {
    @Test("W1: a publisher that retries after a lost answer publishes once", .timeLimit(.minutes(5)))
    func retries() async throws {
        try await RedisProcess.with { server in
            var settings = server.settings
            settings.commandTimeout = .milliseconds(300)
            settings.backoff = RedisBackoff(base: .milliseconds(5), limit: .milliseconds(20))
            let client = try RedisClient(
                settings: settings,
                group: MultiThreadedEventLoopGroup.singleton,
                logger: quiet
            )
            let running = Task { try await client.run() }
            defer { running.cancel() }
            try await client.waitUntilConnected()
            let log = RedisEventLog.quick(client)
            let sink = RecordingSink()
            try await reading(log, into: sink) {
                // The command lies in the frozen server's socket, runs when it thaws, and its answer finds nobody.
                server.pause()
                await #expect(throws: EventLogError.self) { _ = try await log.append([event("a", "1", key: "once")]) }
                server.resume()
                let again = try await eventualValue(within: .seconds(20)) {
                    try? await log.append([event("a", "2", key: "once")])
                }
                let third = try await log.append([event("a", "3", key: "once")])
                #expect(third == [Appended(id: again[0].id, duplicate: true)])
                let end = try await log.append([event("end", "0")])
                try await eventually(within: .seconds(20)) { sink.entries.last?.id == end[0].id }
                #expect(sink.entries.count { $0.topic.name == "a" } == 1)
            }
        }
    }

    @Test("W2: who was cut off longer than the log is kept is told once, then reads on", .timeLimit(.minutes(5)))
    func cutOff() async throws {
        try await RedisProcess.with { server in
            try await withRedis(server) { client in
                let log = RedisEventLog.quick(client)
                let sink = RecordingSink()
                try await reading(log, into: sink) {
                    _ = try await log.append([event("a", "1")])
                    try await eventually { sink.entries.count == 1 }
                    // In one script the reader is served neither the new ones nor the time to ask.
                    _ = try await client.eval(
                        """
                        for i = 1, 50 do redis.call('XADD', KEYS[1], '*', 'topic', 'a', 'data', '2') end
                        return redis.call('XTRIM', KEYS[1], 'MAXLEN', 5)
                        """,
                        keys: ["gatecast:log"]
                    )
                    try await eventually { sink.losses.count == 1 }
                    let next = try await log.append([event("a", "3")])
                    try await eventually { sink.entries.last?.id == next[0].id }
                    #expect(sink.losses.map(\.why) == [.trimmed])
                }
            }
        }
    }

    @Test("W3: a stalled server is told by readiness, and costs no event", arguments: ["CLIENT PAUSE", "SIGSTOP"])
    func stalled(_ how: String) async throws {
        try await RedisProcess.with { server in
            var settings = server.settings
            settings.commandTimeout = .milliseconds(500)
            settings.connectTimeout = .milliseconds(500)
            settings.backoff = RedisBackoff(base: .milliseconds(5), limit: .milliseconds(20))
            let client = try RedisClient(
                settings: settings,
                group: MultiThreadedEventLoopGroup.singleton,
                logger: quiet
            )
            let running = Task { try await client.run() }
            defer { running.cancel() }
            let log = RedisEventLog.quick(client)
            let sink = RecordingSink()
            try await reading(log, into: sink) {
                try await eventually { log.isReady }
                let before = try await log.append([event("a", "1")])
                if how == "SIGSTOP" {
                    server.pause()
                } else {
                    _ = try await client.send("CLIENT", "PAUSE", 2500, "ALL")
                }
                try await eventually(within: .seconds(20)) { !log.isReady }
                #expect(log.readiness.reason?.isEmpty == false)
                await #expect(throws: EventLogError.self) { _ = try await log.append([event("b", "0")]) }
                server.resume()
                try await eventually(within: .seconds(20)) { log.isReady }
                let after = try await eventualValue { try? await log.append([event("a", "2")]) }
                try await eventually { sink.entries.last?.id == after[0].id }
                #expect(sink.entries.first?.id == before[0].id)
                // It is the same server with the same entries: nobody has to fetch again.
                #expect(sink.losses.isEmpty)
            }
        }
    }

    @Test("W3, W8: a demoted server is left, and what comes after it is a reset", .timeLimit(.minutes(5)))
    func demoted() async throws {
        try await RedisProcess.with { other in
            try await RedisProcess.with { server in
                try await withRedis(server) { client in
                    let log = RedisEventLog.quick(client)
                    let lane = RedisEphemeralLane(client: client, probe: log.probe, logger: quiet)
                    let sink = RecordingSink()
                    let listening = Task { try await lane.run(into: sink) }
                    defer { listening.cancel() }
                    try await reading(log, into: sink) {
                        try await eventually { log.isReady }
                        let old = try await log.append([event("a", "1")])
                        try await eventually { sink.entries.count == 1 }
                        _ = try await Self.aside(server, ["REPLICAOF", "127.0.0.1", "\(other.port)"])
                        try await eventually(within: .seconds(20)) { !log.isReady }
                        await #expect(throws: EventLogError.self) { _ = try await log.append([event("a", "2")]) }
                        await #expect(throws: EventLogError.self) { try await lane.publish(Topic("a"), data: [0x31]) }

                        _ = try await Self.aside(server, ["REPLICAOF", "NO", "ONE"])
                        try await eventually(within: .seconds(20)) { log.isReady }
                        try await eventually { sink.losses.contains { $0.why == .reset } }
                        #expect(sink.losses.allSatisfy { $0.oldest > old[0].id })
                        let next = try await log.append([event("a", "3")])
                        try await eventually { sink.entries.last?.id == next[0].id }
                    }
                }
            }
        }
    }

    @Test("W8: a promoted replica with all the data is a reset all the same, unless failovers are trusted")
    func promoted() async throws {
        for rule in FailoverRule.allCases {
            var options = RedisProcess.Options()
            options.persistent = true
            try await RedisProcess.with(options) { server in
                try await withRedis(server) { client in
                    let log = RedisEventLog.quick(client, onFailover: rule)
                    let sink = RecordingSink()
                    try await reading(log, into: sink) {
                        let old = try await log.append([event("a", "1")])
                        try await eventually { sink.entries.count == 1 }
                        let mark = try await log.extent().mark
                        // Another run id, as every other server has.
                        try await server.restart()
                        try await client.waitUntilConnected()
                        // What is appended before the new mark is covered by the reset.
                        if rule == .reset { try await eventually { !sink.losses.isEmpty } }
                        let next = try await eventualValue { try? await log.append([event("a", "2")]) }
                        try await eventually { sink.entries.last?.id == next[0].id }
                        switch rule {
                        case .reset:
                            #expect(sink.losses.map(\.why) == [.reset])
                            #expect(try await log.extent().mark > old[0].id)
                        case .trust:
                            #expect(sink.losses.isEmpty)
                            #expect(try await log.extent().mark == mark)
                            // Trust ends where the log is visibly another one.
                            _ = try await client.send("FLUSHALL")
                            try await eventually { sink.losses.map(\.why) == [.reset] }
                        }
                    }
                }
            }
        }
    }

    @Test("Another node is heard of by its probes, and no longer once it is gone", .timeLimit(.minutes(5)))
    func peers() async throws {
        try await RedisProcess.with { server in
            try await withRedis(server) { client in
                let (one, two) = (RedisEventLog.quick(client), RedisEventLog.quick(client, node: "n2"))
                try await reading(one, into: RecordingSink()) {
                    try await eventually { one.isReady }
                    #expect(!one.hasPeers)
                    try await reading(two, into: RecordingSink()) {
                        try await eventually { one.hasPeers && two.hasPeers }
                    }
                    try await eventually { !one.hasPeers }
                }
            }
        }
    }

    // MARK: Beside the client under test

    private static func aside(_ server: RedisProcess, _ command: [RedisArgument]) async throws -> RESPValue {
        let connection = try await RedisConnection.connect(
            settings: server.settings,
            on: MultiThreadedEventLoopGroup.singleton.next(),
            ofAnyRole: true
        )
        defer { connection.close() }
        return try await connection.send(command)
    }
}
