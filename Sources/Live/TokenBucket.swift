// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore

/// So many per second, and a burst at once. Pure.
struct TokenBucket {
    private let perSecond: Double
    private let burst: Double
    private var tokens: Double
    private var filledAt: NIODeadline

    /// `perSecond` 0: no limit.
    init(perSecond: Int, burst: Int, now: NIODeadline) {
        self.perSecond = Double(perSecond)
        self.burst = Double(max(burst, 1))
        tokens = self.burst
        filledAt = now
    }

    mutating func take(now: NIODeadline) -> Bool {
        guard perSecond > 0 else { return true }
        let seconds = Double((now - filledAt).nanoseconds) / 1e9
        tokens = min(burst, tokens + max(seconds, 0) * perSecond)
        filledAt = max(filledAt, now)
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }
}
