// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import Logging
import NIOPosix
import Redis
import Sessions
import StrictJSON
import Synchronization
import TestSupport
import Testing

/// The Redis store while its server is away: doubt, never death; and everything as it was once it is back.
@Suite("Sessions in a Redis that goes and comes back", .enabled(if: RedisProcess.isAvailable))
struct RedisSessionOutageTests {
    @Test(
        "Stopped is doubt; restored is the same session, its events, and word that some may be missing",
        .timeLimit(.minutes(5))
    )
    func stoppedAndRestored() async throws {
        var options = RedisProcess.Options()
        options.persistent = true
        try await RedisProcess.with(options) { server in
            var settings = server.settings
            settings.backoff = RedisBackoff(base: .milliseconds(10), limit: .milliseconds(50))
            let client = try RedisClient(
                settings: settings,
                group: MultiThreadedEventLoopGroup.singleton,
                logger: quiet
            )
            let store = RedisSessionStore(client: client, logger: quiet)
            let clock = ManualClock(now: Date())
            let authority = SessionAuthority(
                settings: SessionSettings(upstream: "users", key: testKey),
                store: store,
                provider: OneTimeBackend(clock: clock),
                clock: .manual(clock),
                logger: quiet
            )
            let ended = Mutex<Set<SessionKey>>([])
            let returns = Mutex(0)
            authority.observe { event in
                if case .ended(let key, _) = event { ended.withLock { _ = $0.insert(key) } }
            }
            authority.observeReconnections { returns.withLock { $0 += 1 } }
            let services = [Task { try await client.run() }, Task { try await authority.run() }]
            defer { for service in services { service.cancel() } }
            try await client.waitUntilConnected()
            try await subscribed(client)

            let login = try await authority.login(["username": "ana", "password": "pw"], now: clock.now)
            let key = SessionKey(login.sid)
            guard case .alive = await authority.check(key, now: clock.now) else {
                Issue.record("a fresh session is alive")
                return
            }
            #expect(returns.withLock { $0 } == 0)

            server.stop()
            try await eventually { !client.isConnected }
            guard case .unknown = await authority.check(key, now: clock.now) else {
                Issue.record("a store that is away knows nothing")
                return
            }
            await #expect(throws: SessionError.storeUnavailable) {
                _ = try await authority.resolve(login.sid, now: clock.now)
            }
            await #expect(throws: LoginError.self) {
                _ = try await authority.login(["username": "ana", "password": "pw"], now: clock.now)
            }
            // A logout that could not be written is not reported as done.
            await #expect(throws: SessionError.storeUnavailable) { try await authority.logout(login.sid) }

            try await server.restart()
            try await eventually(within: .seconds(20)) { client.isConnected && returns.withLock { $0 } == 1 }
            #expect(try await authority.resolve(login.sid, now: clock.now)?.subject == "42")
            // What another node would publish arrives again.
            let other = SessionKey(.random())
            _ = try await client.send(
                "PUBLISH",
                .string(RedisSessionStore.channel),
                .string("ended \(other.text) logout")
            )
            try await authority.logout(login.sid)
            try await eventually { ended.withLock { $0.contains(key) && $0.contains(other) } }
            #expect(try await authority.resolve(login.sid, now: clock.now) == nil)
        }
    }

    @Test(
        "A server that may evict sessions is warned of at start, one that may not is not",
        .timeLimit(.minutes(5)),
        arguments: ["allkeys-lru", "volatile-ttl", "noeviction"]
    )
    func eviction(_ policy: String) async throws {
        var options = RedisProcess.Options()
        options.extra = ["maxmemory-policy \(policy)"]
        try await RedisProcess.with(options) { server in
            let client = try RedisClient(
                settings: server.settings,
                group: MultiThreadedEventLoopGroup.singleton,
                logger: quiet
            )
            let warnings = Warnings()
            let store = RedisSessionStore(client: client, logger: Logger(label: "eviction") { _ in warnings.handler })
            let services = [Task { try await client.run() }, Task { try await store.run() }]
            defer { for service in services { service.cancel() } }
            try await client.waitUntilConnected()
            try await subscribed(client)
            if policy == "noeviction" {
                // The question was asked before this one, on the same connection, and answered in order.
                try await eventually { try await Self.hasAskedForPolicy(client) }
                #expect(warnings.all.isEmpty)
            } else {
                try await eventually { warnings.all.contains { $0.contains("maxmemory-policy noeviction") } }
            }
        }
    }

    private static func hasAskedForPolicy(_ client: RedisClient) async throws -> Bool {
        let statistics = try await client.send("INFO", "commandstats").string ?? ""
        return statistics.contains("cmdstat_config|get:calls=1")
    }

    private func subscribed(_ client: RedisClient) async throws {
        try await eventually {
            try await client.send("PUBSUB", "NUMSUB", .string(RedisSessionStore.channel)).array?.last?.integer == 1
        }
    }
}

/// Keeps what a logger warned of.
private final class Warnings: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    var handler: Handler { Handler(warnings: self) }

    func add(_ line: String) { lines.withLock { $0.append(line) } }

    struct Handler: LogHandler {
        let warnings: Warnings
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            if event.level >= .warning { warnings.add("\(event.message)") }
        }
    }
}
