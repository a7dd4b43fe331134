// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// How long to wait before the next attempt to connect: a random part of `base · 2^k`, at most `limit` (full jitter),
/// so that many processes do not come back in step. Pure: randomness is passed in.
package struct RedisBackoff: Sendable, Hashable {
    /// Default 100 ms.
    package var base: Duration
    /// Default 5 s.
    package var limit: Duration
    private var failures = 0

    package init(base: Duration = .milliseconds(100), limit: Duration = .seconds(5)) {
        self.base = base
        self.limit = limit
    }

    /// - Parameter random: from 0 to 1.
    package mutating func next(random: Double = .random(in: 0...1)) -> Duration {
        let ceiling = min(limit, base * (1 << min(failures, 16)))
        failures += 1
        return ceiling * max(0, min(1, random))
    }

    /// After a connection that proved itself.
    package mutating func reset() { failures = 0 }
}
