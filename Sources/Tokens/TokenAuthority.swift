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

    private struct State {
        var verifier: TokenVerifier
        /// By the issuer's index; only those whose keys are fetched.
        var refreshers: [Int: Refresher] = [:]
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
        for (index, profile) in profiles.enumerated() {
            if let url = profile.jwksURL { state.refreshers[index] = Refresher(url: url, label: profile.label) }
        }
        self.state = Mutex(state)
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
            state.refreshers.keys.allSatisfy { state.verifier.keys(ofIssuer: $0).isAvailable }
        }
    }

    /// No I/O. When the error `isAboutKeys`, `verify` may know more.
    ///
    /// - Parameter now: Unix seconds.
    package func verifyNow(_ token: String, now: Int64) throws(TokenError) -> VerifiedToken {
        do throws(TokenError) {
            let verified = try self.verifier.verify(token, now: now)
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
        do throws(TokenError) {
            return try self.verifyNow(token, now: now)
        } catch {
            guard error.isAboutKeys else { throw error }
            let wanted = try self.verifier.wantedKey(token)
            let kid = wanted.keyID.map { [UInt8]($0.utf8) }
            let verdict: TokenError.Reason
            switch self.lack(of: kid, wanted.issuer) {
            case .known(let reason):
                verdict = reason
            case .wait(let flight):
                await flight.value
                do throws(TokenError) {
                    return try self.verifyNow(token, now: now)
                } catch {
                    guard error.isAboutKeys else { throw error }
                    verdict = self.verdict(on: kid, wanted.issuer)
                }
            }
            let refusal = TokenError(verdict, offeredKey: error.offeredKey)
            self.metrics.refused(refusal)
            throw refusal
        }
    }

    package func run() async throws {
        let issuers = self.state.withLock { Array($0.refreshers.keys) }
        await withDiscardingTaskGroup { group in
            for issuer in issuers {
                group.addTask { await self.keepFresh(issuer) }
            }
            do {
                try await gracefulShutdown()
            } catch {
                // Cancelled instead: the same end.
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
            switch state.refreshers[issuer]?.schedule.lacks(kid, now: self.uptime()) {
            case .fetch?: .wait(self.startFlight(for: issuer, &state))
            case .join?: state.refreshers[issuer]?.flight.map { .wait($0) } ?? .known(.keysUnavailable)
            case .unavailable?: .known(.keysUnavailable)
            // nil: the keys are fixed, there is nothing to fetch.
            case .unknown?, nil: .known(.unknownKey)
            }
        }
    }

    private func verdict(on kid: [UInt8]?, _ issuer: Int) -> TokenError.Reason {
        self.state.withLock { state in
            state.refreshers[issuer]?.schedule.verdict(on: kid, now: self.uptime()) == .unavailable
                ? .keysUnavailable : .unknownKey
        }
    }
}

// MARK: - Fetching

extension TokenAuthority {
    /// No sleep is longer, so that a life shortened by a request's fetch is noticed.
    private static let longestNap: Duration = .seconds(30)

    private func keepFresh(_ issuer: Int) async {
        while !Task.isCancelled {
            let now = self.uptime()
            let (tick, flight) = self.state.withLock { state in
                let tick = state.refreshers[issuer]?.schedule.tick(now: now) ?? .wait(until: now + Self.longestNap)
                if tick == .drop { self.drop(issuer, &state) }
                return (tick, tick == .fetch ? self.startFlight(for: issuer, &state) : nil)
            }
            switch tick {
            case .fetch: await flight?.value
            case .drop: continue
            case .wait(let until):
                do {
                    try await self.clock.sleep(for: min(max(until - now, .milliseconds(1)), Self.longestNap))
                } catch {
                    return  // cancelled
                }
            }
        }
    }

    /// A task of its own, since any number of requests may wait for it and none owns it; the source bounds its life.
    private func startFlight(for issuer: Int, _ state: inout State) -> Task<Void, Never> {
        state.refreshers[issuer]?.schedule.started(now: self.uptime())
        let url = state.refreshers[issuer]?.url ?? ""
        let flight = Task { await self.fly(issuer, url) }
        state.refreshers[issuer]?.flight = flight
        return flight
    }

    private func fly(_ issuer: Int, _ url: String) async {
        let outcome: Result<FetchedKeySet, KeySetFetchError>
        do throws(KeySetFetchError) {
            outcome = .success(try await self.source.fetch(url))
        } catch {
            outcome = .failure(error)
        }
        self.state.withLock { state in
            state.refreshers[issuer]?.flight = nil
            switch outcome {
            case .success(let fetched): self.load(fetched, issuer, &state)
            case .failure(let error): self.fail(error, issuer, &state)
            }
        }
    }

    private func load(_ fetched: FetchedKeySet, _ issuer: Int, _ state: inout State) {
        let jitter = Double.random(in: 0...1)
        state.refreshers[issuer]?.schedule.loaded(maxAge: fetched.maxAge, jitter: jitter, now: self.uptime())
        self.metrics.fetched(nil)
        let known = state.verifier.keys(ofIssuer: issuer)
        guard !known.isAvailable || known.digest != fetched.keys.digest || fetched.keys.digest.isEmpty else { return }
        state.verifier.replaceKeys(ofIssuer: issuer, with: fetched.keys)
        self.currentGeneration.store(state.verifier.generation, ordering: .releasing)
        let metadata: Logger.Metadata = [
            "issuer": "\(state.refreshers[issuer]?.label ?? "")",
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

    private func fail(_ error: KeySetFetchError, _ issuer: Int, _ state: inout State) {
        state.refreshers[issuer]?.schedule.failed()
        self.metrics.fetched(error.code)
        let failures = state.refreshers[issuer]?.schedule.failuresInARow ?? 0
        self.logger.log(
            level: failures == 1 || failures % 10 == 0 ? .warning : .debug,
            "key set fetch failed",
            metadata: [
                "issuer": "\(state.refreshers[issuer]?.label ?? "")", "failures": "\(failures)", "error": "\(error)",
                "stale": "\(state.verifier.keys(ofIssuer: issuer).isAvailable)",
            ]
        )
    }

    private func drop(_ issuer: Int, _ state: inout State) {
        state.verifier.replaceKeys(ofIssuer: issuer, with: .unavailable)
        self.currentGeneration.store(state.verifier.generation, ordering: .releasing)
        let label = state.refreshers[issuer]?.label ?? ""
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
