// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Decides whether one more attempt is let through. Pure; Unix seconds.
///
///     open ──`limit` attempts within `window`──► the next one is refused, and all others for `lock` seconds ──► open
///
/// Attempts are counted before they are tried, so that a hundred at once are not all let through; a success takes its own
/// count back.
struct Throttle: Sendable, Equatable {
    struct Counter: Sendable, Equatable {
        var attempts: Int64 = 0
        var since: Int64 = 0
        var lockedUntil: Int64 = 0
    }

    enum Verdict: Sendable, Equatable {
        case admit
        /// Not before so many seconds; at least 1.
        case refuse(seconds: Int64)
    }

    let limit: Int64
    let window: Int64
    let lock: Int64

    func judge(_ counter: inout Counter, now: Int64) -> Verdict {
        if now < counter.lockedUntil { return .refuse(seconds: counter.lockedUntil - now) }
        if now - counter.since >= self.window || counter.lockedUntil > 0 { counter = Counter(since: now) }
        guard counter.attempts < self.limit else {
            counter.lockedUntil = now + self.lock
            return .refuse(seconds: self.lock)
        }
        counter.attempts += 1
        return .admit
    }

    /// When the counter says nothing any more.
    func expiry(of counter: Counter) -> Int64 { max(counter.since + self.window, counter.lockedUntil) }
}
