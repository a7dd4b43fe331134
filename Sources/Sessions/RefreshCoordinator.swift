// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import Logging
internal import Metrics

/// Replaces access tokens: one flight per session in this process, one lease across processes, one compare-and-set.
/// `RefreshFlight` decides, this actor carries out.
actor RefreshCoordinator {
    enum Outcome: Sendable, Equatable {
        /// The session with tokens newer than those that were to be replaced.
        case refreshed(SealedSession)
        case dead(EndReason?)
        /// No new token now: the backend fails, or is being left alone for a while, or the wait was too long.
        case unavailable
        case storeUnavailable
    }

    /// Whoever needs the new token waits so long.
    static let patience: Duration = .seconds(3)
    /// An upstream's 401 may cause one early refresh per session in so many seconds.
    static let hintInterval: TimeInterval = 30
    /// Remembered failures and hints beyond so many are forgotten, oldest first.
    static let memory = 10_000

    private let store: any SessionStore
    private let provider: any IdentityProvider
    private let vault: TokenVault
    private let clock: SessionClock
    private let logger: Logger
    private let notify: @Sendable (SessionEvent) -> Void
    private let revoke: @Sendable (String) -> Void

    private var flights: [SessionKey: [UInt64: CheckedContinuation<Outcome?, Never>]] = [:]
    private var watches: [SessionKey: CheckedContinuation<Void, Never>] = [:]
    /// Sessions in flight that changed since their flight began and was last told.
    private var changes: Set<SessionKey> = []
    private var backoffs: [SessionKey: RefreshBackoff] = [:]
    private var hints: [SessionKey: Date] = [:]
    private var settling: [CheckedContinuation<Void, Never>] = []
    private var lastWaiter: UInt64 = 0

    init(
        store: any SessionStore,
        provider: any IdentityProvider,
        vault: TokenVault,
        clock: SessionClock,
        logger: Logger,
        notify: @escaping @Sendable (SessionEvent) -> Void,
        revoke: @escaping @Sendable (String) -> Void
    ) {
        self.store = store
        self.provider = provider
        self.vault = vault
        self.clock = clock
        self.logger = logger
        self.notify = notify
        self.revoke = revoke
    }

    // MARK: Callers

    /// Starts a flight unless one is under way or the backend is being left alone; nobody waits.
    func begin(_ key: SessionKey, seen generation: UInt64) {
        guard flights[key] == nil, backoffs[key]?.isOver(now: clock.now()) ?? true else { return }
        flights[key] = [:]
        // Not structured: a flight outlives the request that noticed, and must, since its answer may be the only one.
        Task { await self.fly(key, seen: generation) }
    }

    /// The outcome of the present flight, or of a new one.
    func refresh(_ key: SessionKey, seen generation: UInt64) async -> Outcome {
        begin(key, seen: generation)
        guard flights[key] != nil else { return .unavailable }
        lastWaiter += 1
        let id = lastWaiter
        // Not structured: it is the waiter's alarm, and must not hold the waiter back when the flight is done first.
        let alarm = Task { [clock] in
            // Cancelled means that the flight is done: the waiter is gone then, and nothing happens.
            try? await clock.sleep(Self.patience)
            self.resume(id, of: key, with: .unavailable)
        }
        let outcome = await withCheckedContinuation { continuation in
            // Nothing has suspended since the check above, so the flight is still there.
            flights[key]?[id] = continuation
        }
        alarm.cancel()
        return outcome ?? .unavailable
    }

    /// An upstream answered 401 to the present token.
    func hint(_ key: SessionKey, seen generation: UInt64) {
        let now = clock.now()
        if let last = hints[key], now.timeIntervalSince(last) < Self.hintInterval { return }
        if hints.count >= Self.memory { hints = hints.filter { now.timeIntervalSince($0.value) < Self.hintInterval } }
        hints[key] = now
        begin(key, seen: generation)
    }

    /// Another flight, perhaps on another node, has changed the session.
    func changed(_ key: SessionKey) {
        guard flights[key] != nil else { return }
        if let watch = watches.removeValue(forKey: key) { watch.resume() } else { changes.insert(key) }
    }

    private func watchOver(_ key: SessionKey) {
        watches.removeValue(forKey: key)?.resume()
    }

    /// Returns when no flight is under way: a token just issued is not lost to a shutdown.
    func settle() async {
        guard !flights.isEmpty else { return }
        await withCheckedContinuation { settling.append($0) }
    }

    private func resume(_ id: UInt64, of key: SessionKey, with outcome: Outcome) {
        flights[key]?.removeValue(forKey: id)?.resume(returning: outcome)
    }

    // MARK: One flight

    /// What the flight has in hand while `RefreshFlight` decides.
    private struct Cargo {
        var lease: RefreshLease?
        var session: SealedSession?
        var issued: IssuedTokens?
        var subjectChanged = false
    }

    private func fly(_ key: SessionKey, seen generation: UInt64) async {
        var cargo = Cargo()
        var flight = RefreshFlight(seen: generation, now: clock.now())
        var action = RefreshFlight.Action.lease
        var outcome: RefreshFlight.Outcome?
        while outcome == nil {
            do throws(SessionStoreError) {
                switch action {
                case .lease:
                    cargo.lease = try await store.lease(key, for: .seconds(RefreshFlight.leaseTime))
                    action = flight.leased(cargo.lease != nil, now: clock.now())
                case .watch(let interval):
                    await watch(key, for: .seconds(interval))
                    action = flight.watched()
                case .read:
                    cargo.session = try await store.load(key)
                    let reading = cargo.session.map { RefreshFlight.Reading.found(generation: $0.generation) }
                    action = flight.read(reading ?? .gone, now: clock.now())
                case .call(let timeout):
                    let answer = await call(&cargo, timeout: .seconds(timeout))
                    action = flight.answered(answer, now: clock.now())
                case .write(let delay):
                    // The flight's task is never cancelled, so the wait does not fail.
                    if delay > 0 { try? await clock.sleep(.seconds(delay)) }
                    action = flight.wrote(try await write(&cargo))
                case .end:
                    try await end(key, &cargo)
                    action = flight.ended()
                case .finish(let result):
                    outcome = result
                }
            } catch {
                logger.warning("session store failed during a refresh", metadata: ["reason": "\(error)"])
                action = flight.storeFailed(now: clock.now())
            }
        }
        if let lease = cargo.lease { await store.release(lease) }
        land(key, outcome ?? .failed, cargo)
    }

    /// One call of the backend, ended by the clock if need be.
    private func call(_ cargo: inout Cargo, timeout: Duration) async -> RefreshFlight.Answer {
        guard let session = cargo.session, let sealed = session.tokens.refresh else { return .faulty }
        let token: String
        do throws(TokenVault.Failure) {
            token = try vault.open(sealed, as: .refresh, of: session.key, generation: session.generation)
        } catch {
            alarm("refresh token does not open", session, reason: "\(error)")
            return .faulty
        }
        switch await ask(token, timeout: timeout) {
        case .success(let issued):
            cargo.issued = issued
            if issued.subject == session.subject { return .tokens }
            cargo.subjectChanged = true
            alarm("refresh-subject-changed", session, reason: "the backend named another user")
            return .subjectChanged
        case .failure(.refused), .failure(.invalidCredentials):
            return .refused
        case .failure(.noAnswer(let detail)):
            alarm("refresh answer lost", session, reason: detail)
            return .lost
        case .failure(let error):
            alarm("refresh failed", session, reason: "\(error)")
            return .faulty
        }
    }

    private func ask(_ token: String, timeout: Duration) async -> Result<IssuedTokens, IdentityError> {
        await withTaskGroup(of: Result<IssuedTokens, IdentityError>.self) { [provider, clock] group in
            group.addTask {
                do throws(IdentityError) {
                    return .success(try await provider.refresh(token))
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                // Cancelled means that the answer came first; nobody reads this result then.
                try? await clock.sleep(timeout)
                return .failure(.noAnswer("no answer within \(timeout)"))
            }
            defer { group.cancelAll() }
            return await group.next() ?? .failure(.noAnswer("no answer"))
        }
    }

    private func write(_ cargo: inout Cargo) async throws(SessionStoreError) -> RefreshFlight.Written {
        guard let session = cargo.session, let issued = cargo.issued else { return .gone }
        let generation = session.generation + 1
        let key = session.key
        let refresh: [UInt8]?
        if let new = issued.refreshToken {
            refresh = vault.seal(new, as: .refresh, of: key, generation: generation)
        } else {
            refresh = resealed(session, generation: generation)
        }
        let tokens = SealedTokens(
            generation: generation,
            access: vault.seal(issued.accessToken, as: .access, of: key, generation: generation),
            refresh: refresh,
            obtained: clock.now(),
            accessEnd: issued.accessEnd,
            refreshEnd: issued.refreshToken == nil ? session.tokens.refreshEnd : issued.refreshEnd
        )
        switch try await store.replaceTokens(key, with: tokens, ifGeneration: session.generation) {
        case .written:
            cargo.session?.tokens = tokens
            return .written
        case .moved(let present):
            cargo.session = present
            return .moved
        case .gone:
            // Logged out while the backend answered: what it issued must not live on.
            cargo.session = nil
            if let token = issued.refreshToken { revoke(token) }
            return .gone
        }
    }

    /// The old refresh token under the new generation. `call` has just opened it.
    private func resealed(_ session: SealedSession, generation: UInt64) -> [UInt8]? {
        guard let sealed = session.tokens.refresh,
            // It opened a moment ago in `call`; if not, the session goes on without a refresh token and ends with its access.
            let token = try? vault.open(sealed, as: .refresh, of: session.key, generation: session.generation)
        else { return nil }
        return vault.seal(token, as: .refresh, of: session.key, generation: generation)
    }

    private func end(_ key: SessionKey, _ cargo: inout Cargo) async throws(SessionStoreError) {
        _ = try await store.end(.session(key), because: .refused)
        if cargo.subjectChanged, let token = cargo.issued?.refreshToken { revoke(token) }
        notify(.ended(key, .refused))
    }

    /// Sleeps until `changed` or for so long.
    private func watch(_ key: SessionKey, for duration: Duration) async {
        if changes.remove(key) != nil { return }
        // Not structured: the alarm only resumes the continuation below if nobody else has.
        let alarm = Task { [clock] in
            // Cancelled means that the watch is over.
            try? await clock.sleep(duration)
            // Cancelled alarms stay silent, or a late one would end the next watch.
            if !Task.isCancelled { self.watchOver(key) }
        }
        await withCheckedContinuation { watches[key] = $0 }
        alarm.cancel()
    }

    private func land(_ key: SessionKey, _ outcome: RefreshFlight.Outcome, _ cargo: Cargo) {
        switch outcome {
        case .failed:
            if backoffs.count >= Self.memory {
                let now = clock.now()
                backoffs = backoffs.filter { !$0.value.isOver(now: now) }
            }
            backoffs[key, default: RefreshBackoff(now: clock.now())].failed(now: clock.now())
        case .replaced, .moved, .gone, .ended:
            backoffs[key] = nil
        case .storeUnavailable:
            break
        }
        if outcome == .replaced { notify(.tokensReplaced(key)) }
        Counter(label: "gatecast_session_refreshes_total", dimensions: [("outcome", outcome.label)]).increment()
        let result = Self.result(of: outcome, cargo)
        changes.remove(key)
        let waiters = flights.removeValue(forKey: key) ?? [:]
        for waiter in waiters.values { waiter.resume(returning: result) }
        guard flights.isEmpty else { return }
        for continuation in settling { continuation.resume() }
        settling = []
    }

    private static func result(of outcome: RefreshFlight.Outcome, _ cargo: Cargo) -> Outcome {
        switch outcome {
        case .replaced, .moved: cargo.session.map { .refreshed($0) } ?? .dead(nil)
        case .gone: .dead(nil)
        case .ended: .dead(.refused)
        case .failed: .unavailable
        case .storeUnavailable: .storeUnavailable
        }
    }

    private func alarm(_ message: String, _ session: SealedSession, reason: String) {
        logger.error("\(message)", metadata: ["session.id": "\(session.publicID)", "reason": "\(reason)"])
    }
}

extension RefreshFlight.Outcome {
    fileprivate var label: String {
        switch self {
        case .replaced: "replaced"
        case .moved: "moved"
        case .gone: "gone"
        case .ended: "refused"
        case .failed: "failed"
        case .storeUnavailable: "store_unavailable"
        }
    }
}
