// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import Logging
import NIOPosix
import Redis
import Sessions
import TestSupport
import Testing

/// What both stores promise.
@Suite("The contract of session stores")
struct SessionStoreContractTests {
    enum Kind: String, CaseIterable, Sendable {
        case sqlite, redis
        static var available: [Kind] { RedisProcess.isAvailable ? allCases : [.sqlite] }
    }

    private let now = Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded(.down))

    private func with(_ kind: Kind, _ body: (any SessionStore) async throws -> Void) async throws {
        switch kind {
        case .sqlite:
            let path = FileManager.default.temporaryDirectory.path + "/gatecast-\(UUID().uuidString)/s.sqlite"
            let store = try SQLiteSessionStore(path: path, logger: quiet)
            try await body(store)
            try store.close()
        case .redis:
            try await RedisProcess.with { server in
                let client = try RedisClient(
                    settings: server.settings,
                    group: MultiThreadedEventLoopGroup.singleton,
                    logger: quiet
                )
                let store = RedisSessionStore(client: client, logger: quiet)
                let services = [Task { try await client.run() }, Task { try await store.run() }]
                defer { for service in services { service.cancel() } }
                try await client.waitUntilConnected()
                try await eventually {
                    try await client.send("PUBSUB", "NUMSUB", .string(RedisSessionStore.channel)).array?.last?.integer
                        == 1
                }
                try await body(store)
            }
        }
    }

    private func session(subject: String = "42", created: TimeInterval = 0, key: SessionKey? = nil) -> SealedSession {
        SealedSession(
            key: key ?? SessionKey(.random()),
            publicID: UUID().uuidString,
            subject: subject,
            profile: Array(#"{"username":"ana"}"#.utf8),
            client: ClientSummary(browser: "Firefox", addressPrefix: nil),
            created: now.addingTimeInterval(created),
            lastSeen: now,
            absoluteEnd: now.addingTimeInterval(1000),
            idleEnd: now.addingTimeInterval(500),
            tokens: tokens(1)
        )
    }

    private func tokens(_ generation: UInt64, refresh: [UInt8]? = [0, 255, 10]) -> SealedTokens {
        SealedTokens(
            generation: generation,
            access: [1, 0, UInt8(generation)],
            refresh: refresh,
            obtained: now,
            accessEnd: now.addingTimeInterval(300),
            refreshEnd: refresh == nil ? nil : now.addingTimeInterval(900)
        )
    }

    @Test("A session comes back exactly as it was stored", arguments: Kind.available)
    func roundTrip(_ kind: Kind) async throws {
        try await with(kind) { store in
            var session = session()
            try await store.create(session)
            #expect(try await store.load(session.key) == session)
            #expect(try await store.find(publicID: session.publicID) == session)
            #expect(try await store.load(SessionKey(.random())) == nil)
            #expect(try await store.find(publicID: "nobody") == nil)
            session = self.session(subject: "bare")
            session.tokens = tokens(1, refresh: nil)
            session.client = ClientSummary(browser: nil, addressPrefix: "10.0.0.0/24")
            try await store.create(session)
            #expect(try await store.load(session.key) == session)
        }
    }

    @Test("A user's sessions are listed oldest first, nobody else's", arguments: Kind.available)
    func lists(_ kind: Kind) async throws {
        try await with(kind) { store in
            let late = session(created: 5)
            let early = session(created: -5)
            for one in [late, early, session(subject: "43")] { try await store.create(one) }
            #expect(try await store.sessions(of: "42") == [early, late])
            #expect(try await store.sessions(of: "44").isEmpty)
        }
    }

    @Test("A touch moves forwards, never backwards, and revives nothing", arguments: Kind.available)
    func touches(_ kind: Kind) async throws {
        try await with(kind) { store in
            let session = session()
            try await store.create(session)
            let later = now.addingTimeInterval(60)
            try await store.touch(session.key, seen: later, idleEnd: now.addingTimeInterval(560))
            try await store.touch(session.key, seen: now, idleEnd: now.addingTimeInterval(1))
            let touched = try #require(try await store.load(session.key))
            #expect(touched.lastSeen == later && touched.idleEnd == now.addingTimeInterval(560))
            let gone = SessionKey(.random())
            try await store.touch(gone, seen: later, idleEnd: later)
            #expect(try await store.load(gone) == nil)
        }
    }

    @Test("Of two writers of one generation one wins and the other learns what is there", arguments: Kind.available)
    func compareAndSet(_ kind: Kind) async throws {
        try await with(kind) { store in
            let session = session()
            try await store.create(session)
            #expect(
                try await store.replaceTokens(session.key, with: tokens(2, refresh: nil), ifGeneration: 1) == .written
            )
            var expected = session
            expected.tokens = tokens(2, refresh: nil)
            #expect(try await store.load(session.key) == expected)
            #expect(try await store.replaceTokens(session.key, with: tokens(2), ifGeneration: 1) == .moved(expected))
            #expect(try await store.replaceTokens(SessionKey(.random()), with: tokens(2), ifGeneration: 1) == .gone)
        }
    }

    @Test("Many writers at once: exactly one is written", arguments: Kind.available)
    func race(_ kind: Kind) async throws {
        try await with(kind) { store in
            let session = session()
            try await store.create(session)
            let written = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<50 {
                    group.addTask { [tokens = tokens(2)] in
                        try await store.replaceTokens(session.key, with: tokens, ifGeneration: 1) == .written
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(written == 1)
        }
    }

    @Test("One holder of a lease; only its nonce releases it", arguments: Kind.available)
    func leases(_ kind: Kind) async throws {
        try await with(kind) { store in
            let key = SessionKey(.random())
            let lease = try #require(try await store.lease(key, for: .seconds(12)))
            #expect(try await store.lease(key, for: .seconds(12)) == nil)
            await store.release(RefreshLease(key: key, nonce: "someone else's"))
            #expect(try await store.lease(key, for: .seconds(12)) == nil)
            await store.release(lease)
            #expect(try await store.lease(key, for: .seconds(12)) != nil)
        }
    }

    @Test(
        "Ending deletes, answers what there was, and a replaced token of the dead writes nothing",
        arguments: Kind.available
    )
    func ends(_ kind: Kind) async throws {
        try await with(kind) { store in
            let (one, two, kept, other) = (session(), session(created: 1), session(created: 2), session(subject: "43"))
            for session in [one, two, kept, other] { try await store.create(session) }
            #expect(try await store.end(.session(one.key), because: .logout) == [one])
            #expect(try await store.end(.session(one.key), because: .logout) == [])
            #expect(try await store.replaceTokens(one.key, with: tokens(2), ifGeneration: 1) == .gone)
            #expect(try await store.find(publicID: one.publicID) == nil)
            #expect(try await store.end(.user("42", except: kept.key), because: .revoked) == [two])
            #expect(try await store.sessions(of: "42") == [kept])
            #expect(try await store.end(.user("42", except: nil), because: .revoked) == [kept])
            #expect(try await store.load(other.key) == other)
        }
    }

    @Test("Every subscription hears of ends and of new tokens", arguments: Kind.available)
    func events(_ kind: Kind) async throws {
        try await with(kind) { store in
            let session = session()
            let streams = [store.events, store.events]
            try await store.create(session)
            _ = try await store.replaceTokens(session.key, with: tokens(2), ifGeneration: 1)
            _ = try await store.end(.session(session.key), because: .refused)
            for stream in streams {
                var heard: [SessionEvent] = []
                for await event in stream {
                    heard.append(event)
                    if heard.count == 2 { break }
                }
                #expect(heard == [.tokensReplaced(session.key), .ended(session.key, .refused)])
            }
        }
    }

    @Test("SQLite: the sweep takes what has run out, at each of the three ends, and says so")
    func sweep() async throws {
        let clock = ManualClock(now: now)
        let path = FileManager.default.temporaryDirectory.path + "/gatecast-\(UUID().uuidString)/s.sqlite"
        let store = try SQLiteSessionStore(path: path, clock: .manual(clock), logger: quiet)
        let idle = session()
        var refreshless = session()
        refreshless.tokens = tokens(1, refresh: nil)
        try await store.create(idle)
        try await store.create(refreshless)
        clock.advance(by: .seconds(299))
        try await store.sweep()
        #expect(try await store.sessions(of: "42").count == 2)
        clock.advance(by: .seconds(1))
        try await store.sweep()
        #expect(try await store.sessions(of: "42") == [idle])
        clock.advance(by: .seconds(200))
        try await store.sweep()
        #expect(try await store.sessions(of: "42").isEmpty)
        try store.close()
    }
}
