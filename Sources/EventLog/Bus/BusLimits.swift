// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// How the services' bus retries and what it keeps.
package struct BusLimits: Sendable, Hashable {
    /// Deliveries before an event is set aside as a dead letter, default 8.
    package var attempts = 8
    /// Wait before the second attempt, doubled for each further one. Default 500 ms.
    package var retryBase: Duration = .milliseconds(500)
    /// Longest wait between attempts, default 1 min.
    package var retryLimit: Duration = .seconds(60)
    /// An event some other consumer has held for so long is taken over: that consumer is presumed dead. Default 1 min;
    /// longer than any handler runs.
    package var staleAfter: Duration = .seconds(60)
    /// How long one read waits, and so how soon a due retry is noticed. Default 1 s.
    package var block: Duration = .seconds(1)
    /// Events kept: exactly in process, approximately in Redis. Default 100,000.
    package var retainedEvents = 100_000
    /// Dead letters kept, default 10,000.
    package var deadLetters = 10_000
    /// Bytes of one encoded event, default 256 KiB.
    package var eventBytes = 256 << 10

    package init() {}

    /// How long an event rests after so many deliveries.
    func rest(after deliveries: Int) -> Duration {
        min(retryLimit, retryBase * (1 << min(max(deliveries, 1) - 1, 20)))
    }
}
