// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import Settings
import StrictJSON
import Synchronization
import TestSupport
import Testing

@testable import Sessions

@Suite("The session authority")
struct SessionAuthorityTests {
    @Test("A login is resolved by its sid alone, and the store knows neither sid nor token")
    func login() async throws {
        let house = try House()
        let new = try await house.login()
        let session = try #require(try await house.resolve(new.sid))
        #expect(session == new.session)
        #expect(session.subject == "42" && session.username == "ana" && session.generation == 1)
        let stored = try #require(try await house.store.load(SessionKey(new.sid)))
        #expect(!String(decoding: stored.tokens.access, as: UTF8.self).contains(session.accessToken))
        #expect(try await house.resolve(.random()) == nil)
    }

    @Test("A login makes a new sid and ends the one the browser had: a planted sid is worth nothing")
    func fixation() async throws {
        let house = try House()
        let events = Mutex<[SessionEvent]>([])
        house.authority.observe { event in events.withLock { $0.append(event) } }
        let planted = try await house.login()
        let own = try await house.login(replacing: planted.sid)
        #expect(own.sid != planted.sid)
        #expect(try await house.resolve(planted.sid) == nil)
        #expect(try await house.resolve(own.sid) != nil)
        #expect(events.withLock { $0 } == [.ended(SessionKey(planted.sid), .renewed)])
        let invented = SessionID.random()
        let third = try await house.login(replacing: invented)
        #expect(third.sid != invented)
        #expect(try await house.resolve(invented) == nil)
    }

    @Test("200 requests at expiry over three nodes: one refresh, no 401")
    func singleFlight() async throws {
        let house = try House()
        let sid = try await house.login().sid
        house.clock.advance(by: .seconds(300))
        let nodes = [house.authority, house.otherNode(), house.otherNode()]
        let now = house.clock.now
        let services = nodes.map { node in Task { try await node.run() } }
        defer { for service in services { service.cancel() } }
        let sessions = try await withThrowingTaskGroup(of: ActiveSession?.self) { group in
            for index in 0..<200 { group.addTask { try await nodes[index % 3].resolve(sid, now: now) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(sessions.count == 200)
        #expect(sessions.allSatisfy { $0?.generation == 2 })
        #expect(house.backend.refreshes == 1)
        #expect(house.backend.reused == 0)
    }

    @Test("The sid stays the same over 50 refreshes")
    func constant() async throws {
        let house = try House(lifetime: .seconds(100))
        let sid = try await house.login().sid
        for turn in 1...50 {
            house.clock.advance(by: .seconds(100))
            #expect(try await house.resolve(sid)?.generation == UInt64(turn + 1))
        }
        #expect(house.backend.refreshes == 50 && house.backend.reused == 0)
    }

    @Test("Ahead of expiry nobody waits: the request goes on with the present token")
    func ahead() async throws {
        let house = try House()
        let sid = try await house.login().sid
        house.clock.advance(by: .seconds(250))
        #expect(try await house.resolve(sid)?.generation == 1)
        try await eventually { try await house.resolve(sid)?.generation == 2 }
        #expect(house.backend.refreshes == 1)
    }

    enum Token: CaseIterable, Sendable { case due, expired }

    @Test("401 or invalid_grant ends the session", arguments: Token.allCases)
    func refused(_ token: Token) async throws {
        let house = try House()
        let sid = try await house.login().sid
        house.clock.advance(by: .seconds(token == .due ? 250 : 300))
        house.backend.fail(.refused)
        let first = try await house.authority.lookup(sid, now: house.clock.now)
        if token == .due { #expect(first.session?.generation == 1) } else { #expect(first == .dead(.refused)) }
        try await eventually { try await house.resolve(sid) == nil }
        #expect(try await house.store.load(SessionKey(sid)) == nil)
    }

    @Test(
        "The backend's fault, or ours, keeps the session; 503 only once the token has run out",
        arguments: Token.allCases,
        [
            IdentityError.unavailable("status 401 invalid_client"), .unavailable("status 403"),
            .unavailable("status 404"),
            .unavailable("status 429"), .unavailable("status 503"), .unreadable("not JSON"),
        ]
    )
    func faulty(_ token: Token, _ error: IdentityError) async throws {
        let house = try House()
        let sid = try await house.login().sid
        let before = try await house.store.load(SessionKey(sid))?.tokens
        house.clock.advance(by: .seconds(token == .due ? 250 : 300))
        house.backend.fail(error)
        switch token {
        case .due:
            #expect(try await house.resolve(sid)?.generation == 1)
            try await eventually { house.backend.refreshes == 1 }
            // The clock stands still until the flight has noted its failure: its back-off counts from there.
            await house.authority.coordinator.settle()
        case .expired:
            await #expect(throws: SessionError.refreshUnavailable) { try await house.resolve(sid) }
            // Within the back-off the backend is left alone.
            await #expect(throws: SessionError.refreshUnavailable) { try await house.resolve(sid) }
        }
        #expect(house.backend.refreshes == 1)
        #expect(try await house.store.load(SessionKey(sid))?.tokens == before)
        house.clock.advance(by: .seconds(51))
        try await eventually { try await house.resolve(sid)?.generation == 2 }
    }

    @Test("A lost answer is asked for once more with the same token")
    func lost() async throws {
        let house = try House()
        let sid = try await house.login().sid
        house.clock.advance(by: .seconds(300))
        house.backend.fail(.noAnswer("reset"))
        #expect(try await house.resolve(sid)?.generation == 2)
        #expect(house.backend.refreshes == 2 && house.backend.reused == 0)
    }

    @Test("A change of keys loses no session: the previous key opens, a refresh seals under the new one")
    func keyRotation() async throws {
        let house = try House()
        let sid = try await house.login().sid
        let key = SessionKey(sid)
        let newKey = Secret(bytes: Array(repeating: 9, count: 32))
        func node(_ key: Secret, previous: Secret?) -> SessionAuthority {
            SessionAuthority(
                settings: SessionSettings(upstream: "users", key: key, previousKey: previous),
                store: house.store,
                provider: house.backend,
                clock: house.sessionClock,
                logger: quiet
            )
        }
        let changed = node(newKey, previous: testKey)
        #expect(try await changed.resolve(sid, now: house.clock.now)?.generation == 1)
        house.clock.advance(by: .seconds(300))
        #expect(try await changed.resolve(sid, now: house.clock.now)?.generation == 2)
        // What the old key sealed is gone now, so nobody needs it any more.
        let alone = node(newKey, previous: nil)
        #expect(try await alone.resolve(sid, now: house.clock.now)?.generation == 2)
        house.clock.advance(by: .seconds(300))
        #expect(try await alone.resolve(sid, now: house.clock.now)?.generation == 3)
        #expect(house.backend.reused == 0)
        // A node that knows neither key serves nobody with that record.
        #expect(try await node(testKey, previous: nil).resolve(sid, now: house.clock.now) == nil)
        #expect(try await house.store.load(key) != nil)
    }

    @Test("A refresh that names another user ends the session")
    func subjectChanged() async throws {
        let house = try House()
        let sid = try await house.login().sid
        house.backend.state.withLock { $0.subject = "43" }
        house.clock.advance(by: .seconds(300))
        #expect(try await house.authority.lookup(sid, now: house.clock.now) == .dead(.refused))
        #expect(try await house.store.load(SessionKey(sid)) == nil)
    }

    @Test("A logout while the backend answers wins, and what it issued is revoked")
    func logoutDuringRefresh() async throws {
        let house = try House()
        let sid = try await house.login().sid
        let service = Task { try await house.authority.run() }
        defer { service.cancel() }
        house.clock.advance(by: .seconds(300))
        let now = house.clock.now
        async let refreshed = house.authority.lookup(sid, now: now)
        try await eventually { house.backend.refreshes == 1 }
        try await house.authority.logout(sid)
        _ = try await refreshed
        #expect(try await house.resolve(sid) == nil)
        try await eventually { house.backend.revoked.contains("refresh-2") }
    }

    @Test("Idle and absolute end; use slides the first, at most once a minute, never beyond the second")
    func ends() async throws {
        let house = try House(lifetime: .seconds(20 * 86_400))
        let sid = try await house.login().sid
        let start = house.clock.now
        house.clock.advance(by: .seconds(59))
        #expect(try await house.resolve(sid)?.idleEnd == start.addingTimeInterval(86_400))
        house.clock.advance(by: .seconds(1))
        #expect(try await house.resolve(sid)?.idleEnd == start.addingTimeInterval(86_460))
        #expect(
            try await house.authority.peek(sid, now: start.addingTimeInterval(3600))?.idleEnd
                == start.addingTimeInterval(86_460)
        )
        for _ in 0..<27 {
            house.clock.advance(by: .seconds(43_200))
            #expect(try await house.resolve(sid) != nil)
        }
        #expect(try await house.resolve(sid)?.idleEnd == start.addingTimeInterval(14 * 86_400))
        house.clock.advance(by: .seconds(43_140))
        #expect(try await house.authority.lookup(sid, now: house.clock.now) == .dead(.expired))
        let idle = try await house.login().sid
        house.clock.advance(by: .seconds(86_400))
        #expect(try await house.authority.lookup(idle, now: house.clock.now) == .dead(.expired))
        #expect(try await house.authority.lookup(idle, now: house.clock.now) == .dead(nil))
    }

    @Test("One session more than allowed ends the oldest")
    func limit() async throws {
        let house = try House(perUser: 2)
        var sids: [SessionID] = []
        for _ in 0..<3 {
            sids.append(try await house.login().sid)
            house.clock.advance(by: .seconds(1))
        }
        #expect(try await house.resolve(sids[0]) == nil)
        #expect(try await house.resolve(sids[1]) != nil)
        #expect(try await house.resolve(sids[2]) != nil)
    }

    @Test("Logout, logout-all, by handle and by user: each ends its own and nobody else's")
    func ending() async throws {
        let house = try House()
        let sids = [try await house.login().sid, try await house.login().sid, try await house.login().sid]
        try await house.authority.logout(sids[0])
        try await house.authority.logout(sids[0])
        #expect(try await house.resolve(sids[0]) == nil)
        let list = try await house.authority.sessions(of: "42", current: SessionKey(sids[1]), now: house.clock.now)
        #expect(list.count == 2 && list.filter(\.isCurrent).count == 1)
        let other = try #require(list.first { !$0.isCurrent })
        #expect(try await house.authority.end(publicID: other.publicID, of: "43") == false)
        #expect(try await house.authority.end(publicID: other.publicID, of: "42"))
        #expect(try await house.resolve(sids[2]) == nil)
        house.backend.state.withLock { $0.subject = "43" }
        let stranger = try await house.login().sid
        try await house.authority.logoutAll(sids[1], now: house.clock.now)
        #expect(try await house.resolve(sids[1]) == nil)
        #expect(try await house.resolve(stranger) != nil)
        #expect(try await house.authority.end(user: "43") == 1)
        #expect(try await house.resolve(stranger) == nil)
    }

    @Test("Refresh tokens of ended sessions are revoked in the background")
    func revokes() async throws {
        let house = try House()
        let service = Task { try await house.authority.run() }
        defer { service.cancel() }
        let sid = try await house.login().sid
        try await house.authority.logout(sid)
        try await eventually { house.backend.revoked == ["refresh-1"] }
    }

    @Test(
        "With the store away: no login, its token revoked; no session, no logout, no verdict on sockets; all of it doubt"
    )
    func outage() async throws {
        let house = try House()
        let service = Task { try await house.authority.run() }
        defer { service.cancel() }
        let sid = try await house.login().sid
        try house.store.close()
        await #expect(throws: LoginError.storeUnavailable) { try await house.login() }
        await #expect(throws: SessionError.storeUnavailable) { try await house.resolve(sid) }
        await #expect(throws: SessionError.storeUnavailable) { try await house.authority.logout(sid) }
        #expect(await house.authority.check(SessionKey(sid), now: house.clock.now) == .unknown)
        try await eventually { house.backend.revoked == ["refresh-2"] }
    }

    @Test("A socket's check tells alive with claims, run out, and gone")
    func check() async throws {
        let house = try House()
        let new = try await house.login()
        let key = SessionKey(new.sid)
        #expect(
            await house.authority.check(key, now: house.clock.now)
                == .alive(until: new.session.end, claims: new.session.claims)
        )
        house.clock.advance(by: .seconds(86_400))
        #expect(await house.authority.check(key, now: house.clock.now) == .ended(.expired))
        #expect(await house.authority.check(key, now: house.clock.now) == .ended(.revoked))
    }

    @Test("A tampered record is dead, not served")
    func tampered() async throws {
        let house = try House()
        let (one, two) = (try await house.login(), try await house.login())
        let foreign = try #require(try await house.store.load(SessionKey(two.sid))).tokens
        var tokens = foreign
        tokens.generation = 2
        #expect(try await house.store.replaceTokens(SessionKey(one.sid), with: tokens, ifGeneration: 1) == .written)
        #expect(try await house.resolve(one.sid) == nil)
    }

    @Test("Failed logins keep their kinds; a registration that cannot log in is still a registration")
    func failures() async throws {
        let house = try House()
        let kinds: [(IdentityError, LoginError)] = [
            (.invalidCredentials, .invalidCredentials), (.validationFailed(["a": "b"]), .validationFailed(["a": "b"])),
            (.unavailable("503"), .loginUnavailable), (.noAnswer("reset"), .loginUnavailable),
            (.unreadable("html"), .loginUnavailable),
        ]
        for (error, expected) in kinds {
            house.backend.state.withLock { $0.loginFailure = error }
            await #expect(throws: expected) { try await house.login() }
        }
        house.backend.state.withLock { $0.loginFailure = .invalidCredentials }
        guard case .registered = try await house.authority.register(["username": "ana"], now: house.clock.now) else {
            Issue.record("expected no session")
            return
        }
        house.backend.state.withLock { $0.loginFailure = nil }
        guard case .loggedIn = try await house.authority.register(["username": "ana"], now: house.clock.now) else {
            Issue.record("expected a session")
            return
        }
    }
}
