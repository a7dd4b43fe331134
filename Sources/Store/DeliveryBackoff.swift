// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Remembers how a relay's deliveries go and decides what follows a failure. Pure: randomness comes in, nothing sleeps.
package struct DeliveryBackoff: Sendable {
    package struct Decision: Sendable, Hashable {
        package let wait: Duration
        /// False for most repetitions: an outage of an hour is a handful of lines, not thousands.
        package let isWorthALogLine: Bool
    }

    private let policy: RetryPolicy
    /// Failures in a row.
    package private(set) var failures = 0

    package init(policy: RetryPolicy) {
        self.policy = policy
    }

    /// - Parameter random: 0 ..< 1.
    package mutating func failed(random: Double) -> Decision {
        self.failures += 1
        return Decision(
            wait: self.policy.delay(afterFailures: self.failures, random: random),
            isWorthALogLine: self.failures & (self.failures - 1) == 0
        )
    }

    /// Answers whether an outage has just ended.
    package mutating func succeeded() -> Bool {
        defer { self.failures = 0 }
        return self.failures > 0
    }
}
