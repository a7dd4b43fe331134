// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Decides when one issuer's key set is fetched, and what a request hears that lacks a key. Pure: no clock, no network.
///
///     empty ──loaded──► loaded ──renewal fails──► loaded (stale) ──24 h past its lifetime──► empty
///       │ ▲                │ ▲
///       └─┘ quick retries  └─┘ renewal ahead, or an unknown kid (at most one fetch in 30 s)
///
/// Instants are durations since the owner's start, on a clock that does not jump.
struct KeySetSchedule {
    struct Limits: Sendable {
        /// Between attempts once a set was loaded, counted from the last attempt, failed ones too.
        var spacing: Duration = .seconds(30)
        /// Before the first success a stack is just starting: first and longest wait between attempts.
        var firstRetry: Duration = .milliseconds(200)
        var lastRetry: Duration = .seconds(5)
        var shortestLife: Duration = .seconds(60)
        var longestLife: Duration = .seconds(86_400)
        var unstatedLife: Duration = .seconds(600)
        /// Past its lifetime an old set serves no longer than this.
        var staleLife: Duration = .seconds(86_400)
        var refusal: Duration = .seconds(60)
        var refusals = 1024
    }

    /// What a request without its key does next.
    enum Wish: Equatable {
        /// Start the flight and wait for it.
        case fetch
        /// Wait for the flight under way.
        case join
        /// The kid does not exist: it was looked for.
        case unknown
        /// Nobody can tell: the last attempt failed and the next is not due.
        case unavailable
    }

    /// What the timer does next.
    enum Tick: Equatable {
        case fetch
        /// The old set has served its time: forget it, then ask again.
        case drop
        case wait(until: Duration)
    }

    private struct Life {
        let renewAt: Duration
        let endsAt: Duration
    }

    private let limits: Limits
    /// `nil`: no set serves.
    private var life: Life?
    private var isFlying = false
    private var lastAttempt: Duration?
    private var failures = 0
    private var hasLoaded = false
    /// Kid (its bytes) to the end of its refusal.
    private var refused: [[UInt8]: Duration] = [:]

    init(limits: Limits = Limits()) { self.limits = limits }

    mutating func tick(now: Duration) -> Tick {
        if let life = self.life, now >= life.endsAt {
            self.life = nil
            return .drop
        }
        if self.isFlying { return .wait(until: now + self.limits.spacing) }
        var due = self.earliest
        if let life = self.life { due = max(due, life.renewAt) }
        if now >= due { return .fetch }
        return .wait(until: self.life.map { min(due, $0.endsAt) } ?? due)
    }

    /// A request found no key. - Parameter kid: `nil`: the token names none.
    mutating func lacks(_ kid: [UInt8]?, now: Duration) -> Wish {
        if let kid, let end = self.refused[kid] {
            if now < end { return .unknown }
            self.refused[kid] = nil
        }
        if self.isFlying { return .join }
        if now >= self.earliest { return .fetch }
        return self.failures > 0 || self.life == nil ? .unavailable : .unknown
    }

    mutating func started(now: Duration) {
        self.isFlying = true
        self.lastAttempt = now
    }

    /// - Parameter jitter: 0…1: where in 80 % ± 10 % of the lifetime the renewal falls.
    mutating func loaded(maxAge: Duration?, jitter: Double, now: Duration) {
        let length = min(max(maxAge ?? self.limits.unstatedLife, self.limits.shortestLife), self.limits.longestLife)
        self.isFlying = false
        self.failures = 0
        self.hasLoaded = true
        self.life = Life(
            renewAt: now + length * 7 / 10 + length * jitter / 5,
            endsAt: now + length + self.limits.staleLife
        )
    }

    mutating func failed() {
        self.isFlying = false
        self.failures += 1
    }

    /// The last word on a request that waited for a flight and still lacks its key: a fetch that succeeded proves that
    /// the kid does not exist, and that is remembered.
    mutating func verdict(on kid: [UInt8]?, now: Duration) -> Wish {
        guard self.failures == 0, self.life != nil else { return .unavailable }
        if let kid { self.refuse(kid, now: now) }
        return .unknown
    }

    private mutating func refuse(_ kid: [UInt8], now: Duration) {
        if self.refused.count >= self.limits.refusals, self.refused[kid] == nil {
            self.refused = self.refused.filter { now < $0.value }
            // All still fresh: a flood of invented kids. Spacing bounds the fetches; one memory makes room.
            if self.refused.count >= self.limits.refusals, let any = self.refused.first { self.refused[any.key] = nil }
        }
        self.refused[kid] = now + self.limits.refusal
    }

    /// When the next attempt may start.
    private var earliest: Duration {
        guard let last = self.lastAttempt else { return .zero }
        guard !self.hasLoaded else { return last + self.limits.spacing }
        let doublings = min(max(self.failures - 1, 0), 16)
        return last + min(self.limits.firstRetry * (1 << doublings), self.limits.lastRetry)
    }

    /// In a row.
    var failuresInARow: Int { self.failures }

    var rememberedRefusals: Int { self.refused.count }
}
