// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Foundation
package import Logging
internal import Metrics
internal import ServiceLifecycle
internal import StrictJSON
internal import Synchronization
internal import Tokens

/// The one door to sessions: what the edge, the sockets and the operator ask, answered from the store, the vault and the
/// refresh coordinator. Any thread; keeps no session itself, that is `SessionCache`'s on each loop.
///
/// Three kinds of answer, never confused: a living session; certainly dead (`nil`, `.dead`); doubt (`SessionError`), which
/// neither opens a door nor clears a cookie.
package final class SessionAuthority: Service, Sendable {
    package let settings: SessionSettings
    let store: any SessionStore
    let provider: any IdentityProvider
    let vault: TokenVault
    let logger: Logger
    let revocations: RevocationQueue
    let coordinator: RefreshCoordinator
    private let observers: Observers
    /// Subscribed before anyone can log in, so that nothing is missed between `init` and `run`.
    private let events: any AsyncSequence<SessionEvent, Never> & Sendable
    private let reconnections: any AsyncSequence<Void, Never> & Sendable

    package init(
        settings: SessionSettings,
        store: any SessionStore,
        provider: any IdentityProvider,
        clock: SessionClock = .system,
        logger: Logger
    ) {
        let observers = Observers()
        let revocations = RevocationQueue(provider: provider, clock: clock, logger: logger)
        self.settings = settings
        self.store = store
        self.provider = provider
        self.vault = settings.vault
        self.logger = logger
        self.observers = observers
        self.revocations = revocations
        self.events = store.events
        self.reconnections = store.reconnections
        self.coordinator = RefreshCoordinator(
            store: store,
            provider: provider,
            vault: settings.vault,
            clock: clock,
            logger: logger,
            notify: { observers.notify($0) },
            revoke: { revocations.add($0) }
        )
    }

    /// Called for each end and each token change, of this node at once and of others as they arrive, some twice, from any
    /// thread. Must not block. Before `run`.
    package func observe(_ observer: @escaping @Sendable (SessionEvent) -> Void) {
        observers.add(observer)
    }

    /// Called whenever events of other nodes may have been missed: whoever keeps sessions in mind asks about them again. From
    /// any thread. Must not block. Before `run`.
    package func observeReconnections(_ observer: @escaping @Sendable () -> Void) {
        observers.addReconnection(observer)
    }

    /// Relays events, revokes at the backend, runs the store. On shutdown it waits for refreshes under way: their answers
    /// may be the only copies of a token.
    package func run() async throws {
        do {
            try await cancelWhenGracefulShutdown {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await self.store.run() }
                    group.addTask { await self.relay() }
                    group.addTask { for await _ in self.reconnections { self.observers.notifyReconnection() } }
                    group.addTask { await self.revocations.run() }
                    try await group.waitForAll()
                }
            }
        } catch is CancellationError {
            // The end asked for: the store's waits were cut short.
        }
        await coordinator.settle()
        // Whoever observes us often holds us too, and there is nothing more to hear.
        observers.removeAll()
    }

    private func relay() async {
        for await event in events {
            await coordinator.changed(event.key)
            observers.notify(event)
        }
    }

    // MARK: Asking

    /// The session behind a sid, `nil` when it is certainly dead. Counts as activity; begins a refresh when one is due, and
    /// waits for it, at most 3 s, only when the access token has run out.
    package func resolve(_ sid: SessionID, now: Date) async throws(SessionError) -> ActiveSession? {
        try await lookup(sid, now: now).session
    }

    /// `resolve` that also tells why a session is dead.
    package func lookup(_ sid: SessionID, now: Date) async throws(SessionError) -> SessionLookup {
        let key = SessionKey(sid)
        guard var sealed = try await reach({ () async throws(SessionStoreError) in try await store.load(key) }) else {
            return .dead(nil)
        }
        guard now < sealed.end else { return await expire(sealed) }
        await touch(&sealed, now: now)
        guard sealed.tokens.refresh != nil else { return try open(sealed) }
        switch RefreshTiming.judge(sealed.tokens, now: now) {
        case .fresh:
            return try open(sealed)
        case .due:
            await coordinator.begin(key, seen: sealed.generation)
            return try open(sealed)
        case .expired:
            return try await refreshed(sealed)
        }
    }

    /// What `GET /auth/session` shows: extends nothing, refreshes nothing. The access token in it may have run out.
    package func peek(_ sid: SessionID, now: Date) async throws(SessionError) -> ActiveSession? {
        let key = SessionKey(sid)
        guard let sealed = try await reach({ () async throws(SessionStoreError) in try await store.load(key) }) else {
            return nil
        }
        guard now < sealed.end else { return await expire(sealed).session }
        return try open(sealed).session
    }

    /// For sockets, about every 30 s and on every event: may it stay, and with which claims? Extends nothing.
    package func check(_ key: SessionKey, now: Date) async -> SessionCheck {
        do throws(SessionError) {
            // Thousands of sockets may ask while the store is away; requests and the store's own lines tell of it.
            let sealed = try await reach(level: .debug) { () async throws(SessionStoreError) in
                try await store.load(key)
            }
            guard let sealed else { return .ended(.revoked) }
            guard now < sealed.end else { return .ended(await expire(sealed).reason ?? .expired) }
            switch try open(sealed) {
            case .active(let session): return .alive(until: session.end, claims: session.claims)
            case .dead(let reason): return .ended(reason ?? .revoked)
            }
        } catch {
            return .unknown
        }
    }

    package func check(_ key: SessionKey) async -> SessionCheck {
        await check(key, now: Date())
    }

    /// A data frame on a socket is activity too. Written at most once per 60 s; doubt is not reported, the next one tells.
    package func touch(_ key: SessionKey, now: Date) async {
        guard let loaded = try? await store.load(key), now < loaded.end else {
            // Nothing to extend, or the store is away: the socket's own check will say which.
            return
        }
        var sealed = loaded
        await touch(&sealed, now: now)
    }

    /// An upstream answered 401 to this session's token: it is refreshed early, once per 30 s at most.
    package func upstreamRefused(_ session: ActiveSession) async {
        await coordinator.hint(session.key, seen: session.generation)
    }

    // MARK: Within the module

    func notify(_ event: SessionEvent) {
        if case .ended(_, let reason) = event {
            Counter(label: "gatecast_sessions_ended_total", dimensions: [("reason", reason.rawValue)]).increment()
        }
        observers.notify(event)
    }

    /// Turns the store's failure into doubt, with a line in the log.
    func reach<Value>(
        level: Logger.Level = .warning,
        _ body: () async throws(SessionStoreError) -> Value
    ) async throws(SessionError) -> Value {
        do throws(SessionStoreError) {
            return try await body()
        } catch {
            logger.log(level: level, "session store unavailable", metadata: ["reason": "\(error)"])
            Counter(label: "gatecast_session_store_errors_total").increment()
            throw .storeUnavailable
        }
    }

    private func refreshed(_ sealed: SealedSession) async throws(SessionError) -> SessionLookup {
        switch await coordinator.refresh(sealed.key, seen: sealed.generation) {
        case .refreshed(let fresh): return try open(fresh)
        case .dead(let reason): return .dead(reason)
        case .unavailable: throw .refreshUnavailable
        case .storeUnavailable: throw .storeUnavailable
        }
    }

    private func touch(_ sealed: inout SealedSession, now: Date) async {
        guard now.timeIntervalSince(sealed.lastSeen) >= SessionSettings.touchInterval else { return }
        let idleEnd = min(sealed.absoluteEnd, now.addingTimeInterval(settings.idle.timeInterval))
        do throws(SessionStoreError) {
            try await store.touch(sealed.key, seen: now, idleEnd: idleEnd)
            sealed.lastSeen = max(sealed.lastSeen, now)
            sealed.idleEnd = max(sealed.idleEnd, idleEnd)
        } catch {
            // The session was read a moment ago and lives; the next request in a minute's time slides it again.
            logger.warning("a session was not touched", metadata: ["reason": "\(error)"])
        }
    }

    /// Run out: dead whatever the store says now. The record goes too, or else the store's sweep takes it.
    private func expire(_ sealed: SealedSession) async -> SessionLookup {
        do throws(SessionStoreError) {
            _ = try await store.end(.session(sealed.key), because: .expired)
        } catch {
            logger.debug("an expired session stays for the sweep", metadata: ["reason": "\(error)"])
        }
        notify(.ended(sealed.key, .expired))
        return .dead(.expired)
    }

    /// The open form of a living session.
    func open(_ sealed: SealedSession) throws(SessionError) -> SessionLookup {
        let token: String
        do throws(TokenVault.Failure) {
            token = try vault.open(sealed.tokens.access, as: .access, of: sealed.key, generation: sealed.generation)
        } catch {
            logger.error(
                "a session's token does not open",
                metadata: ["session.id": "\(sealed.publicID)", "reason": "\(error)"]
            )
            // Another node may hold the key while keys are being changed; alone, we know that nobody does.
            if error == .unknownKey, store.isShared { throw .storeUnavailable }
            return .dead(nil)
        }
        // Both were parsed when they were stored, and the seal and the store kept them: a failure is damage.
        guard let claims = try? UnverifiedClaims.parse(token), let profile = try? JSONScanner.parse(sealed.profile)
        else {
            logger.error("a session's record is damaged", metadata: ["session.id": "\(sealed.publicID)"])
            return .dead(nil)
        }
        return .active(
            ActiveSession(
                key: sealed.key,
                publicID: sealed.publicID,
                subject: sealed.subject,
                profile: profile,
                accessToken: token,
                accessEnd: sealed.tokens.accessEnd,
                claims: claims,
                absoluteEnd: sealed.absoluteEnd,
                idleEnd: sealed.idleEnd,
                end: sealed.end,
                generation: sealed.generation
            )
        )
    }
}

extension SessionLookup {
    fileprivate var reason: EndReason? {
        if case .dead(let reason) = self { reason } else { nil }
    }
}

/// Grows before `run` only; read on every event.
private final class Observers: Sendable {
    private let list = Mutex<[@Sendable (SessionEvent) -> Void]>([])
    private let reconnections = Mutex<[@Sendable () -> Void]>([])

    func addReconnection(_ observer: @escaping @Sendable () -> Void) {
        reconnections.withLock { $0.append(observer) }
    }

    func notifyReconnection() {
        for observer in reconnections.withLock({ $0 }) { observer() }
    }

    func add(_ observer: @escaping @Sendable (SessionEvent) -> Void) {
        list.withLock { $0.append(observer) }
    }

    func removeAll() {
        list.withLock { $0 = [] }
        reconnections.withLock { $0 = [] }
    }

    func notify(_ event: SessionEvent) {
        for observer in list.withLock({ $0 }) { observer(event) }
    }
}
