// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import StrictJSON
import Synchronization
import TestSupport
import Testing

@testable import Sessions

/// Random lives of sessions against a model that knows only what a user may rely on (login.md §11, no. 7).
@Suite("Random histories")
struct SessionHistoryTests {
    /// What the model knows of one login.
    private struct Login {
        let sid: SessionID
        var absoluteEnd: Date
        var idleEnd: Date
        var lastTouch: Date
        /// When it was last asked for and could not be served: nobody promises whether that counts.
        var mayHaveSlid: Date?
        /// By logout, by a later login, or because the backend refused a refresh.
        var isOver = false
    }

    private struct Random: RandomNumberGenerator {
        var state: UInt64
        /// SplitMix64.
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
            return word ^ (word >> 31)
        }
    }

    private struct History: ~Copyable {
        let seed: UInt64
        let clock = ManualClock()
        let store = MemorySessionStore()
        let backend: OneTimeBackend
        let nodes: [SessionAuthority]
        var random: Random
        var logins: [Login] = []
        var trace: [String] = []
        /// Until then a backend that failed is left alone, and an expired token cannot be replaced.
        var doubtUntil = Date.distantPast
        static let perUser = 3

        init(seed: UInt64) {
            self.seed = seed
            self.random = Random(state: seed)
            let (clock, store) = (clock, store)
            let backend = OneTimeBackend(clock: clock, lifetime: .seconds(300))
            self.backend = backend
            var settings = SessionSettings(upstream: "users", key: testKey)
            settings.perUser = Self.perUser
            settings.absolute = .seconds(4 * 3600)
            settings.idle = .seconds(3600)
            self.nodes = (0..<2).map { _ in
                SessionAuthority(
                    settings: settings,
                    store: store,
                    provider: backend,
                    clock: .manual(clock),
                    logger: quiet
                )
            }
        }

        mutating func fail(_ what: String) {
            Issue.record("history \(seed): \(what) after \(trace.joined(separator: ", "))")
        }

        mutating func step() async {
            let node = nodes[Int.random(in: 0..<nodes.count, using: &random)]
            let failures = pendingFailures
            switch Int.random(in: 0..<20, using: &random) {
            case 0, 1: await login(node)
            case 2...9: await ask(node)
            case 10...14: advance()
            case 15: await logout(node)
            case 16: await logoutAll(node)
            case 17: breakBackend()
            case 18: toggleStore()
            default: await ask(node)
            }
            for node in nodes { await node.coordinator.settle() }
            // A backend that failed is left alone for at most 30 s.
            if pendingFailures < failures { doubtUntil = clock.now.addingTimeInterval(30) }
        }

        private var pendingFailures: Int { backend.state.withLock { $0.failures.count } }

        private mutating func login(_ node: SessionAuthority) async {
            trace.append("login")
            // The oldest of a user's sessions is one, not two of the same second.
            clock.advance(by: .seconds(1))
            let previous = Bool.random(using: &random) ? logins.last : nil
            do throws(LoginError) {
                let now = clock.now
                let new = try await node.login(["username": "ana"], replacing: previous?.sid, now: now)
                if previous != nil { logins[logins.count - 1].isOver = true }
                let session = new.session
                logins.append(
                    Login(sid: new.sid, absoluteEnd: session.absoluteEnd, idleEnd: session.idleEnd, lastTouch: now)
                )
                let living = logins.indices.filter { isAlive(logins[$0]) }
                for index in living.dropLast(Self.perUser) { logins[index].isOver = true }
            } catch {
                if !store.isAway { fail("a login failed with \(error)") }
            }
        }

        private func isAlive(_ login: Login) -> Bool {
            !login.isOver && clock.now < login.absoluteEnd && clock.now < login.idleEnd
        }

        private mutating func ask(_ node: SessionAuthority) async {
            guard let index = logins.indices.randomElement(using: &random) else { return }
            trace.append("ask \(index)")
            let now = clock.now
            let refusals = backend.state.withLock { $0.failures.count { $0 == .refused } }
            let mayFail = pendingFailures > refusals || now < doubtUntil
            do throws(SessionError) {
                let lookup = try await node.lookup(logins[index].sid, now: now)
                await node.coordinator.settle()
                judge(lookup, index, refusals, now)
            } catch {
                if !store.isAway, !mayFail { fail("\(error) without a reason") }
                // Refused for now, and yet somebody was there: it may count as activity.
                if isAlive(logins[index]) { logins[index].mayHaveSlid = now }
            }
        }

        private mutating func judge(_ lookup: SessionLookup, _ index: Int, _ refusals: Int, _ now: Date) {
            let wasRefused = backend.state.withLock { $0.failures.count { $0 == .refused } } < refusals
            let alive = isAlive(logins[index])
            switch lookup {
            case .active(let session):
                let slid = logins[index].mayHaveSlid.map { now < $0.addingTimeInterval(3600) } ?? false
                if !alive, logins[index].isOver || now >= logins[index].absoluteEnd || !slid {
                    fail("session \(index) came back to life")
                }
                if session.accessEnd <= now, !wasRefused {
                    fail("session \(index) was served with a token that ran out")
                }
                if now.timeIntervalSince(logins[index].lastTouch) >= 60 {
                    logins[index].lastTouch = now
                    logins[index].idleEnd = min(logins[index].absoluteEnd, now.addingTimeInterval(3600))
                }
                if wasRefused { logins[index].isOver = true }
            case .dead:
                if alive, !wasRefused { fail("session \(index) was lost") }
                logins[index].isOver = true
            }
        }

        private mutating func advance() {
            let seconds = [1, 30, 61, 200, 301, 1800, 3601].randomElement(using: &random) ?? 1
            trace.append("+\(seconds) s")
            clock.advance(by: .seconds(seconds))
        }

        private mutating func logout(_ node: SessionAuthority) async {
            guard let index = logins.indices.randomElement(using: &random) else { return }
            trace.append("logout \(index)")
            do throws(SessionError) {
                try await node.logout(logins[index].sid)
                logins[index].isOver = true
            } catch {
                if !store.isAway { fail("a logout failed with \(error)") }
            }
        }

        private mutating func logoutAll(_ node: SessionAuthority) async {
            guard let index = logins.indices.randomElement(using: &random) else { return }
            trace.append("logout all by \(index)")
            let speaks = isAlive(logins[index])
            do throws(SessionError) {
                try await node.logoutAll(logins[index].sid, now: clock.now)
                for other in logins.indices where speaks || other == index { logins[other].isOver = true }
            } catch {
                if !store.isAway { fail("a logout failed with \(error)") }
            }
        }

        private mutating func breakBackend() {
            let failure: IdentityError =
                [.refused, .unavailable("status 503"), .unreadable("HTML")].randomElement(using: &random) ?? .refused
            trace.append("backend says \(failure)")
            backend.fail(failure)
        }

        private mutating func toggleStore() {
            store.isAway.toggle()
            trace.append(store.isAway ? "store away" : "store back")
        }

        consuming func finish() -> Int {
            let reused = backend.reused
            if reused > 0 { Issue.record("history \(seed): a refresh token was used twice, after \(trace)") }
            return trace.count
        }
    }

    @Test("No session is lost, none comes back, no token is used twice", .timeLimit(.minutes(5)))
    func histories() async {
        // Ten thousand are run before a release; a few with every change: they would starve the rest.
        let count = ProcessInfo.processInfo.environment["GATECAST_HISTORIES"].flatMap { Int($0) } ?? 50
        // The same in every run; a person who asks for more gets others each time.
        let base = count == 50 ? 1 : UInt64.random(in: 0..<1 << 40)
        var steps = 0
        for index in 0..<count {
            var history = History(seed: base + UInt64(index))
            for _ in 0..<24 { await history.step() }
            steps += history.finish()
        }
        #expect(steps > count * 10)
    }
}
