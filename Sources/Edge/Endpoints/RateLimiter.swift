// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import NIOCore

/// GCRA (the leaky bucket as a meter) over keys that come and go. Pure: `now` is an argument.
///
/// A key is one number, the theoretical arrival time; keys whose time has passed are worth nothing and are swept when
/// the table is full. A full table of live keys refuses new ones nothing: it forgets the oldest half, since a limiter
/// that locks everybody out is a worse fault than one that forgets.
package struct RateLimiter<Key: Hashable & Sendable>: Sendable {
    private var arrivals: [Key: NIODeadline] = [:]
    private let interval: TimeAmount
    private let burst: TimeAmount
    private let capacity: Int
    private let isOff: Bool

    /// `count` per `period`, all of them at once if need be. `count` 0 turns the limiter off.
    package init(count: Int, per period: TimeAmount, capacity: Int = 65_536) {
        self.isOff = count == 0
        self.interval = count == 0 ? .zero : .nanoseconds(period.nanoseconds / Int64(count))
        self.burst = .nanoseconds(period.nanoseconds - self.interval.nanoseconds)
        self.capacity = capacity
    }

    /// How long `key` must wait before one more would be admitted; `nil`: admitted now. Takes nothing.
    package func wait(_ key: Key, now: NIODeadline) -> TimeAmount? {
        guard !self.isOff, let arrival = self.arrivals[key] else { return nil }
        let allowedFrom = arrival - self.burst
        return allowedFrom > now ? allowedFrom - now : nil
    }

    /// Takes one. Returns how long `key` must wait if it was not admitted.
    package mutating func admit(_ key: Key, now: NIODeadline) -> TimeAmount? {
        guard !self.isOff else { return nil }
        if let wait = self.wait(key, now: now) { return wait }
        if self.arrivals.count >= self.capacity { self.sweep(now: now) }
        self.arrivals[key] = max(self.arrivals[key] ?? now, now) + self.interval
        return nil
    }

    package var count: Int { self.arrivals.count }

    private mutating func sweep(now: NIODeadline) {
        self.arrivals = self.arrivals.filter { $0.value > now }
        guard self.arrivals.count >= self.capacity else { return }
        let sorted = self.arrivals.values.sorted()
        let median = sorted[sorted.count / 2]
        self.arrivals = self.arrivals.filter { $0.value > median }
    }
}
