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
    /// A group's events are handled by one consumer at a time, so that their order is kept; when it has not been heard of for so
    /// long, another takes over. Default 10 s.
    package var lease: Duration = .seconds(10)
    /// Events a group may have been given and not finished, default 1000: beyond that it gets no new ones.
    package var unfinished = 1000
    /// How long one read waits, and how often a standby looks whether it is needed. Default 1 s.
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
