// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import Logging
import Sessions
import Settings
import StrictJSON
import Synchronization
import TestSupport
import Tokens

let quiet = Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }
let testKey = Secret(bytes: Array(repeating: 7, count: 32))

/// A wait that only cancellation ends.
func forever() async throws {
    let (stream, continuation) = AsyncStream<Void>.makeStream()
    for await _ in stream {}
    withExtendedLifetime(continuation) {}
    throw CancellationError()
}

extension SessionClock {
    /// Moves by hand; waits never end by themselves.
    static func manual(_ clock: ManualClock) -> SessionClock {
        SessionClock(now: { clock.now }, sleep: { _ in try await forever() })
    }

    /// Moves by hand; every wait is over at once and moves it.
    static func hurried(_ clock: ManualClock) -> SessionClock {
        SessionClock(
            now: { clock.now },
            sleep: { duration in
                try Task.checkCancellation()
                clock.advance(by: duration)
            }
        )
    }
}

/// A backend whose refresh tokens work once, and never again.
final class OneTimeBackend: IdentityProvider {
    struct State {
        var issued = 0
        var valid: Set<String> = []
        var refreshes = 0
        var reused = 0
        var revoked: [String] = []
        var subject = "42"
        /// What the next refreshes say instead of an answer.
        var failures: [IdentityError] = []
        var loginFailure: IdentityError?
    }

    let state = Mutex(State())
    let clock: ManualClock
    let lifetime: Duration

    init(clock: ManualClock, lifetime: Duration = .seconds(300)) {
        self.clock = clock
        self.lifetime = lifetime
    }

    var refreshes: Int { state.withLock { $0.refreshes } }
    var reused: Int { state.withLock { $0.reused } }
    var revoked: [String] { state.withLock { $0.revoked } }

    func fail(_ errors: IdentityError...) { state.withLock { $0.failures = errors } }

    func login(_ fields: JSONValue, from client: ClientHint) async throws(IdentityError) -> IssuedTokens {
        if let failure = state.withLock({ $0.loginFailure }) { throw failure }
        return issue()
    }

    func refresh(_ token: String) async throws(IdentityError) -> IssuedTokens {
        let verdict = state.withLock { state -> IdentityError? in
            state.refreshes += 1
            if !state.failures.isEmpty { return state.failures.removeFirst() }
            if state.valid.remove(token) != nil { return nil }
            state.reused += 1
            return .refused
        }
        if let verdict { throw verdict }
        // Others get the chance to come in between.
        for _ in 0..<20 { await Task.yield() }
        return issue()
    }

    func revoke(_ token: String) async throws(IdentityError) {
        state.withLock { $0.revoked.append(token) }
    }

    func register(_ fields: JSONValue, from client: ClientHint) async throws(IdentityError) {}

    private func issue() -> IssuedTokens {
        state.withLock { state in
            state.issued += 1
            let refresh = "refresh-\(state.issued)"
            state.valid.insert(refresh)
            let end = clock.now.addingTimeInterval(TimeInterval(lifetime.components.seconds))
            let claims: JSONValue = ["sub": .string(state.subject), "n": .integer(Int64(state.issued))]
            let head = Base64URL.encode(Array(#"{"alg":"HS256","typ":"at+jwt"}"#.utf8))
            return IssuedTokens(
                accessToken: "\(head).\(Base64URL.encode(claims.encoded())).\(Base64URL.encode([1, 2, 3]))",
                refreshToken: refresh,
                subject: state.subject,
                claims: claims,
                accessEnd: end,
                refreshEnd: nil,
                profile: ["username": "ana"]
            )
        }
    }
}

/// A gateway's session layer over a store in a temporary file.
struct House {
    let clock: ManualClock
    let backend: OneTimeBackend
    let store: SQLiteSessionStore
    let authority: SessionAuthority
    let settings: SessionSettings
    let sessionClock: SessionClock

    init(
        lifetime: Duration = .seconds(300),
        perUser: Int = 20,
        clock manual: ManualClock = ManualClock(),
        waits: (ManualClock) -> SessionClock = { .manual($0) }
    ) throws {
        clock = manual
        sessionClock = waits(manual)
        backend = OneTimeBackend(clock: manual, lifetime: lifetime)
        let path =
            FileManager.default.temporaryDirectory.path + "/gatecast-sessions-\(UUID().uuidString)/sessions.sqlite"
        store = try SQLiteSessionStore(path: path, clock: sessionClock, logger: quiet)
        var settings = SessionSettings(upstream: "users", key: testKey)
        settings.perUser = perUser
        self.settings = settings
        authority = SessionAuthority(
            settings: settings,
            store: store,
            provider: backend,
            clock: sessionClock,
            logger: quiet
        )
    }

    /// Another node on the same store and backend.
    func otherNode() -> SessionAuthority {
        SessionAuthority(settings: settings, store: store, provider: backend, clock: sessionClock, logger: quiet)
    }

    func login(replacing previous: SessionID? = nil) async throws -> NewSession {
        try await authority.login(["username": "ana", "password": "pw"], replacing: previous, now: clock.now)
    }

    func resolve(_ sid: SessionID) async throws -> ActiveSession? {
        try await authority.resolve(sid, now: clock.now)
    }
}
