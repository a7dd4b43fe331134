// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import EventLog
import NIOPosix
import Redis
import TestSupport
import Testing
import Wire

/// live.md §11.6: a Sentinel moves the log to another server.
@Suite("Failover by Sentinel", .serialized, .enabled(if: RedisProcess.isAvailable))
struct SentinelFailoverTests {
    /// A Sentinel on a machine that stalls distrusts its clock for 30 s, so the waits are long; they end as soon as they can.
    private static let patience = Duration.seconds(90)

    @Test(
        "The log follows its master, each loss is told, and the old one coming back changes nothing",
        .timeLimit(.minutes(5)),
        arguments: [true, false]
    )
    func failover(dies: Bool) async throws {
        try await RedisProcess.with { master in
            var options = RedisProcess.Options()
            options.extra = ["replicaof 127.0.0.1 \(master.port)", "repl-diskless-sync-delay 0"]
            try await RedisProcess.with(options) { replica in
                try await SentinelProcess.with(watching: master.port, as: "main") { sentinel in
                    try await Self.waitForReplica(of: master)
                    var settings = try RedisSettings(url: "redis+sentinel://127.0.0.1:\(sentinel.port)/main")
                    settings.commandTimeout = .milliseconds(500)
                    settings.connectTimeout = .milliseconds(500)
                    settings.backoff = RedisBackoff(base: .milliseconds(20), limit: .milliseconds(100))
                    let group = MultiThreadedEventLoopGroup.singleton
                    let client = try RedisClient(settings: settings, group: group, logger: quiet)
                    let running = Task { try await client.run() }
                    defer { running.cancel() }
                    let log = RedisEventLog.quick(client)
                    let sink = RecordingSink()
                    try await reading(log, into: sink) {
                        try await eventually { log.isReady }
                        let old = try await log.append([event("a", "1")])
                        try await eventually { sink.entries.count == 1 }

                        if dies { master.stop() } else { master.pause() }
                        try await eventually(within: .seconds(30)) { !log.isReady }
                        try await eventually(within: Self.patience) { log.isReady }
                        try await eventually { sink.losses.contains { $0.why == .reset } }
                        #expect(sink.losses.allSatisfy { $0.oldest > old[0].id })
                        let next = try await eventualValue { try? await log.append([event("a", "2")]) }
                        try await eventually { sink.entries.last?.id == next[0].id }
                        let port = try await eventualValue {
                            try? await client.send("CONFIG", "GET", "port").array?.last?.integer
                        }
                        #expect(port == Int64(replica.port))

                        if dies { try await master.restart() } else { master.resume() }
                        try await eventually(within: Self.patience) {
                            // A server that changes its role drops who asks for it.
                            (try? await Self.role(of: master)) == "slave"
                        }
                        let losses = sink.losses.count
                        let last = try await eventualValue { try? await log.append([event("a", "3")]) }
                        try await eventually { sink.entries.last?.id == last[0].id }
                        try await eventually { log.isReady }
                        #expect(sink.losses.count == losses)
                    }
                }
            }
        }
    }

    private static func role(of server: RedisProcess) async throws -> String? {
        try await ask(server, ["ROLE"]).array?.first?.string
    }

    /// Until its data are there: a Sentinel promotes nobody who has none.
    private static func waitForReplica(of master: RedisProcess) async throws {
        try await eventually(within: patience) {
            let info = try? await ask(master, ["INFO", "replication"]).string
            return info?.contains("state=online") ?? false
        }
    }

    private static func ask(_ server: RedisProcess, _ command: [RedisArgument]) async throws -> RESPValue {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let connection = try await RedisConnection.connect(settings: server.settings, on: loop, ofAnyRole: true)
        defer { connection.close() }
        return try await connection.send(command)
    }
}
