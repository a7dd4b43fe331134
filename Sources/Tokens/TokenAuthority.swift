// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
package import Logging
internal import ServiceLifecycle
internal import Synchronization

/// Verifies tokens of all configured issuers and keeps their key sets fresh.
///
/// `verifyNow` is for event loops: no waiting, one short lock. `verify` may wait for one fetch, at most 3 s. All requests
/// that lack the same issuer's keys wait for the same fetch.
package final class TokenAuthority: Service, Sendable {
    private let state: Mutex<State>
    /// A copy of the verifier's, for caches to compare without the lock.
    private let currentGeneration = Atomic<UInt64>(0)
    private let source: any KeySetSource
    private let uptime: @Sendable () -> Duration
    private let clock: any Clock<Duration>
    private let logger: Logger
    private let metrics = TokenMetrics()
    let revocations = SharedRevocations()
    var longestTokenLife: Int64 { self.verifier.longestLife }

    /// Refreshers that came with a reload, for `run` to keep fresh.
    private let arrivals: AsyncStream<RefresherID>
    private let arrived: AsyncStream<RefresherID>.Continuation

    private typealias RefresherID = Int

    private struct State {
        var verifier: TokenVerifier
        /// The refresher of each issuer, by the issuer's index in `verifier`; `nil` where the keys are fixed.
        var refresherOfIssuer: [RefresherID?] = []
        /// By a name that is never given twice, so that a flight that outlives a reload cannot meet another's issuer.
        var refreshers: [RefresherID: Refresher] = [:]
        var nextID = 0

        func refresher(ofIssuer index: Int) -> RefresherID? {
            refresherOfIssuer.indices.contains(index) ? refresherOfIssuer[index] : nil
        }

        func issuer(of id: RefresherID) -> Int? { refresherOfIssuer.firstIndex { $0 == id } }

        mutating func add(_ refresher: Refresher) -> RefresherID {
            nextID += 1
            refreshers[nextID] = refresher
            return nextID
        }
    }

    private struct Refresher {
        let url: String
        let label: String
        var schedule = KeySetSchedule()
        var flight: Task<Void, Never>?
    }

    package init(
        profiles: [IssuerProfile],
        source: any KeySetSource,
        clock: any Clock<Duration> = ContinuousClock(),
        logger: Logger
    ) {
        var state = State(verifier: TokenVerifier(profiles: profiles.map { ($0, $0.fixedKeys ?? .unavailable) }))
        for profile in profiles {
            state.refresherOfIssuer.append(
                profile.jwksURL.map { state.add(Refresher(url: $0, label: profile.label)) }
            )
        }
        self.state = Mutex(state)
        (self.arrivals, self.arrived) = AsyncStream.makeStream()
        self.source = source
        self.clock = clock
        self.uptime = clock.stopwatch()
        self.logger = logger
    }

    /// Moves whenever keys change: what was verified under another generation is void.
    package var generation: UInt64 { self.currentGeneration.load(ordering: .acquiring) }

    /// Every issuer has keys, fresh or stale.
    package var isReady: Bool {
        self.state.withLock { state in
            state.refresherOfIssuer.indices.allSatisfy {
                state.refresherOfIssuer[$0] == nil || state.verifier.keys(ofIssuer: $0).isAvailable
            }
        }
    }

    /// Other issuers from now on. One whose name and JWK set URL are unchanged keeps its keys and their schedule; verdicts given so far
    /// are void, since the rules they were given by may have changed.
    package func replace(profiles: [IssuerProfile]) {
        let arrivals = self.state.withLock { state in
            var arrivals: [RefresherID] = []
            var kept: [RefresherID: Refresher] = [:]
            var keys: [KeySet] = []
            var order: [RefresherID?] = []
            for profile in profiles {
                guard let url = profile.jwksURL else {
                    keys.append(profile.fixedKeys ?? .unavailable)
                    order.append(nil)
                    continue
                }
                let known = state.refreshers.first { $0.value.url == url && $0.value.label == profile.label }
                if let (id, refresher) = known, let issuer = state.issuer(of: id) {
                    kept[id] = refresher
                    keys.append(state.verifier.keys(ofIssuer: issuer))
                    order.append(id)
                } else {
                    let refresher = Refresher(url: url, label: profile.label)
                    let id = state.add(refresher)
                    kept[id] = refresher
                    keys.append(.unavailable)
                    order.append(id)
                    arrivals.append(id)
                }
            }
            for (id, refresher) in state.refreshers where kept[id] == nil { refresher.flight?.cancel() }
            state.refreshers = kept
            state.refresherOfIssuer = order
            let profiles = zip(profiles, keys).map { ($0, $1) }
            state.verifier = TokenVerifier(profiles: profiles, generation: state.verifier.generation + 1)
            self.currentGeneration.store(state.verifier.generation, ordering: .releasing)
            return arrivals
        }
        for id in arrivals { self.arrived.yield(id) }
    }

    /// No I/O. When the error `isAboutKeys`, `verify` may know more.
    ///
    /// - Parameter now: Unix seconds.
    package func verifyNow(_ token: String, now: Int64) throws(TokenError) -> VerifiedToken {
        do throws(TokenError) {
            let verified = try self.verifier.verify(token, now: now)
            try self.revocations.check(verified)
            self.metrics.accepted(offeredKey: verified.offeredKey)
            return verified
        } catch {
            if !error.isAboutKeys { self.metrics.refused(error) }
            throw error
        }
    }

    /// Waits for one fetch where that may help. `.unknownKey`: the key was looked for and does not exist;
    /// `.keysUnavailable`: nobody can tell now.
    package func verify(_ token: String, now: Int64) async throws(TokenError) -> VerifiedToken {
        let generation = self.currentGeneration.load(ordering: .acquiring)
        do throws(TokenError) {
            return try self.verifyNow(token, now: now)
        } catch {
            guard error.isAboutKeys else { throw error }
            let wanted = try self.verifier.wantedKey(token)
            let kid = wanted.keyID.map { [UInt8]($0.utf8) }
            switch self.lack(of: kid, wanted.issuer) {
            case .known(let reason):
                // Where keys came between the two looks, they may be the ones.
                guard generation != self.currentGeneration.load(ordering: .acquiring) else {
                    throw self.refusal(reason, of: error)
                }
            case .wait(let flight):
                await flight.value
            }
            do throws(TokenError) {
                return try self.verifyNow(token, now: now)
            } catch {
                guard error.isAboutKeys else { throw error }
                throw self.refusal(self.verdict(on: kid, wanted.issuer), of: error)
            }
        }
    }

    private func refusal(_ verdict: TokenError.Reason, of error: TokenError) -> TokenError {
        let refusal = TokenError(verdict, offeredKey: error.offeredKey)
        self.metrics.refused(refusal)
        return refusal
    }

    package func run() async throws {
        let refreshers = self.state.withLock { Array($0.refreshers.keys) }
        await withDiscardingTaskGroup { group in
            for id in refreshers {
                group.addTask { await self.keepFresh(id) }
            }
            // Ends by shutdown or by cancellation: the same end.
            for await id in self.arrivals.cancelOnGracefulShutdown() where !refreshers.contains(id) {
                group.addTask { await self.keepFresh(id) }
            }
            group.cancelAll()
            self.cancelFlights()
        }
    }

    private var verifier: TokenVerifier { self.state.withLock { $0.verifier } }
}

// MARK: - Requests that lack a key

extension TokenAuthority {
    private enum Lack {
        case wait(Task<Void, Never>)
        case known(TokenError.Reason)
    }

    private func lack(of kid: [UInt8]?, _ issuer: Int) -> Lack {
        self.state.withLock { state in
            guard let id = state.refresher(ofIssuer: issuer) else { return .known(.unknownKey) }
            return switch state.refreshers[id]?.schedule.lacks(kid, now: self.uptime()) {
            case .fetch?: .wait(self.startFlight(for: id, &state))
            case .join?: state.refreshers[id]?.flight.map { .wait($0) } ?? .known(.keysUnavailable)
            case .unavailable?: .known(.keysUnavailable)
            // nil: the keys are fixed, there is nothing to fetch.
            case .unknown?, nil: .known(.unknownKey)
            }
        }
    }

    private func verdict(on kid: [UInt8]?, _ issuer: Int) -> TokenError.Reason {
        self.state.withLock { state in
            guard let id = state.refresher(ofIssuer: issuer) else { return .unknownKey }
            return state.refreshers[id]?.schedule.verdict(on: kid, now: self.uptime()) == .unavailable
                ? .keysUnavailable : .unknownKey
        }
    }
}

// MARK: - Fetching

extension TokenAuthority {
    /// No sleep is longer, so that a life shortened by a request's fetch is noticed.
    private static let longestNap: Duration = .seconds(30)

    /// Until the refresher is gone.
    private func keepFresh(_ id: RefresherID) async {
        while !Task.isCancelled {
            let now = self.uptime()
            let (tick, flight) = self.state.withLock { state in
                let tick = state.refreshers[id]?.schedule.tick(now: now)
                if tick == .drop { self.drop(id, &state) }
                return (tick, tick == .fetch ? self.startFlight(for: id, &state) : nil)
            }
            switch tick {
            case nil: return
            case .fetch?: await flight?.value
            case .drop?: continue
            case .wait(let until)?:
                do {
                    try await self.clock.sleep(for: min(max(until - now, .milliseconds(1)), Self.longestNap))
                } catch {
                    return  // cancelled
                }
            }
        }
    }

    /// A task of its own, since any number of requests may wait for it and none owns it; the source bounds its life.
    private func startFlight(for id: RefresherID, _ state: inout State) -> Task<Void, Never> {
        state.refreshers[id]?.schedule.started(now: self.uptime())
        let url = state.refreshers[id]?.url ?? ""
        let flight = Task { await self.fly(id, url) }
        state.refreshers[id]?.flight = flight
        return flight
    }

    private func fly(_ id: RefresherID, _ url: String) async {
        let outcome: Result<FetchedKeySet, KeySetFetchError>
        do throws(KeySetFetchError) {
            outcome = .success(try await self.source.fetch(url))
        } catch {
            outcome = .failure(error)
        }
        self.state.withLock { state in
            // A reload may have done away with it: its answer is for nobody.
            guard state.refreshers[id] != nil else { return }
            state.refreshers[id]?.flight = nil
            switch outcome {
            case .success(let fetched): self.load(fetched, id, &state)
            case .failure(let error): self.fail(error, id, &state)
            }
        }
    }

    private func load(_ fetched: FetchedKeySet, _ id: RefresherID, _ state: inout State) {
        guard let issuer = state.issuer(of: id) else { return }
        let jitter = Double.random(in: 0...1)
        state.refreshers[id]?.schedule.loaded(maxAge: fetched.maxAge, jitter: jitter, now: self.uptime())
        self.metrics.fetched(nil)
        let known = state.verifier.keys(ofIssuer: issuer)
        guard !known.isAvailable || known.digest != fetched.keys.digest || fetched.keys.digest.isEmpty else { return }
        state.verifier.replaceKeys(ofIssuer: issuer, with: fetched.keys)
        self.currentGeneration.store(state.verifier.generation, ordering: .releasing)
        let metadata: Logger.Metadata = [
            "issuer": "\(state.refreshers[id]?.label ?? "")",
            "keys": "\(fetched.keys.keys.count)",
            "skipped": "\(fetched.keys.skipped.map(\.rawValue).joined(separator: ","))",
        ]
        self.logger.info("key set loaded", metadata: metadata)
        self.metrics.skipped(fetched.keys.skipped)
        if fetched.keys.keys.isEmpty { self.logger.error("key set holds no usable key", metadata: metadata) }
        if fetched.keys.privateKeys > 0 {
            self.logger.critical("issuer publishes private keys: it must replace them", metadata: metadata)
        }
    }

    private func fail(_ error: KeySetFetchError, _ id: RefresherID, _ state: inout State) {
        state.refreshers[id]?.schedule.failed()
        self.metrics.fetched(error.code)
        let failures = state.refreshers[id]?.schedule.failuresInARow ?? 0
        self.logger.log(
            level: failures == 1 || failures % 10 == 0 ? .warning : .debug,
            "key set fetch failed",
            metadata: [
                "issuer": "\(state.refreshers[id]?.label ?? "")", "failures": "\(failures)", "error": "\(error)",
                "stale": "\(state.issuer(of: id).map { state.verifier.keys(ofIssuer: $0).isAvailable } ?? false)",
            ]
        )
    }

    private func drop(_ id: RefresherID, _ state: inout State) {
        guard let issuer = state.issuer(of: id) else { return }
        state.verifier.replaceKeys(ofIssuer: issuer, with: .unavailable)
        self.currentGeneration.store(state.verifier.generation, ordering: .releasing)
        let label = state.refreshers[id]?.label ?? ""
        self.logger.error("key set is too old and no newer one can be had", metadata: ["issuer": "\(label)"])
    }

    private func cancelFlights() {
        self.state.withLock { state in
            for refresher in state.refreshers.values { refresher.flight?.cancel() }
        }
    }
}

extension Clock where Duration == Swift.Duration {
    /// Time since this call.
    fileprivate func stopwatch() -> @Sendable () -> Duration {
        let start = self.now
        return { start.duration(to: self.now) }
    }
}
