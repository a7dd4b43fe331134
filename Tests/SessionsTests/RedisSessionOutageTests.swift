// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
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
        .timeLimit(.minutes(1))
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

    private func subscribed(_ client: RedisClient) async throws {
        try await eventually {
            try await client.send("PUBSUB", "NUMSUB", .string(RedisSessionStore.channel)).array?.last?.integer == 1
        }
    }
}
