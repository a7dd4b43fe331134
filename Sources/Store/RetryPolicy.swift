// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// How long to wait before trying again: exponential, capped, with full jitter so that neighbours do not march in step.
package struct RetryPolicy: Sendable, Hashable {
    /// Upper bound of the first wait.
    package var base: Duration
    /// Upper bound of every wait.
    package var cap: Duration
    /// Lower bound of every wait, so that jitter never turns into a spin.
    package var floor: Duration

    package init(base: Duration = .milliseconds(100), cap: Duration = .seconds(30), floor: Duration = .milliseconds(10))
    {
        self.base = base
        self.cap = cap
        self.floor = floor
    }

    /// - Parameters:
    ///   - failures: failures in a row so far, at least 1.
    ///   - random: 0 ..< 1.
    package func delay(afterFailures failures: Int, random: Double) -> Duration {
        let doublings = min(max(failures - 1, 0), 20)
        let bound = min(self.base * (1 << doublings), self.cap)
        return max(self.floor, bound * random)
    }
}
