// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import NIOCore

/// GCRA (the leaky bucket as a meter) over keys that come and go. Pure: `now` is an argument.
///
/// A key is one number, the theoretical arrival time; keys whose time has passed are worth nothing and are swept when
/// the table is full. A full table of live keys refuses new ones nothing: it forgets the oldest half, since a limiter
/// that locks everybody out is a worse fault than one that forgets.
package struct RateLimiter<Key: Hashable & Sendable>: Sendable {
    package struct Denial: Sendable, Equatable {
        /// Until one more would be admitted.
        package var wait: TimeAmount
        /// How many times in a row this key was denied, this one included.
        package var inARow: Int
    }

    private struct Meter: Sendable {
        var arrival: NIODeadline
        var denials = 0
    }

    private var meters: [Key: Meter] = [:]
    private let interval: TimeAmount
    private let burst: TimeAmount
    private let capacity: Int
    private let isOff: Bool

    /// - Parameter capacity: keys remembered at a time.
    package init(_ limit: RateLimit, capacity: Int = 65_536) {
        self.isOff = limit.isOff
        self.interval = TimeAmount(limit.interval)
        self.burst = .nanoseconds(TimeAmount(limit.period).nanoseconds - self.interval.nanoseconds)
        self.capacity = capacity
    }

    /// Takes nothing; `nil`: one more would be admitted now.
    package mutating func check(_ key: Key, now: NIODeadline) -> Denial? {
        guard !self.isOff, var meter = self.meters[key] else { return nil }
        let allowedFrom = meter.arrival - self.burst
        guard allowedFrom > now else { return nil }
        meter.denials += 1
        self.meters[key] = meter
        return Denial(wait: allowedFrom - now, inARow: meter.denials)
    }

    /// Takes one; `nil`: admitted.
    package mutating func admit(_ key: Key, now: NIODeadline) -> Denial? {
        guard !self.isOff else { return nil }
        if let denial = self.check(key, now: now) { return denial }
        if self.meters.count >= self.capacity { self.sweep(now: now) }
        self.meters[key] = Meter(arrival: max(self.meters[key]?.arrival ?? now, now) + self.interval)
        return nil
    }

    /// Gives one back that was admitted and turned out not to count.
    package mutating func refund(_ key: Key) {
        guard var meter = self.meters[key] else { return }
        meter.arrival = meter.arrival - self.interval
        self.meters[key] = meter
    }

    package var count: Int { self.meters.count }

    private mutating func sweep(now: NIODeadline) {
        self.meters = self.meters.filter { $0.value.arrival > now }
        guard self.meters.count >= self.capacity else { return }
        let sorted = self.meters.values.map(\.arrival).sorted()
        let median = sorted[sorted.count / 2]
        self.meters = self.meters.filter { $0.value.arrival > median }
    }
}
