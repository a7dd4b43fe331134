// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore

/// How fast connections may come to this node (live.md §8). Who comes too soon is given a time of its own to come back, one
/// after another at the rate of joins, so that a storm of n comes back within about n / rate seconds and not as the next
/// wave. Past twice the rate the door answers before it does any work. Pure; randomness is passed in.
struct JoinPacer {
    enum Verdict: Equatable {
        case admitted
        /// To come back after so many milliseconds.
        case later(Int)
    }

    /// Nobody is sent away for longer.
    static let longest = 60_000

    private let rate: Double
    private var joins: TokenBucket
    private var door: TokenBucket
    /// Who was sent away and is due later; it falls at the rate of joins.
    private var waiting = 0.0
    private var countedAt: NIODeadline

    /// - Parameter perSecond: 0: no limit.
    init(perSecond: Int, burst: Int, now: NIODeadline) {
        rate = Double(perSecond)
        joins = TokenBucket(perSecond: perSecond, burst: burst, now: now)
        door = TokenBucket(perSecond: perSecond * 2, burst: max(burst, perSecond) * 2, now: now)
        countedAt = now
    }

    /// Before the upgrade: everybody counts, whatever becomes of them.
    mutating func knock(now: NIODeadline, random: Double = .random(in: 0...1)) -> Verdict {
        door.take(now: now) ? .admitted : .later(delay(now: now, random: random))
    }

    mutating func join(now: NIODeadline, random: Double = .random(in: 0...1)) -> Verdict {
        joins.take(now: now) ? .admitted : .later(delay(now: now, random: random))
    }

    private mutating func delay(now: NIODeadline, random: Double) -> Int {
        let elapsed = Double((now - countedAt).nanoseconds) / 1e9
        countedAt = max(countedAt, now)
        waiting = max(0, waiting - max(elapsed, 0) * rate) + 1
        // Half a second at least, or the whole of a short storm would come back at once.
        let milliseconds = 500 + waiting / rate * 1000
        return min(JoinPacer.longest, Int(milliseconds * (1 + 0.2 * random)))
    }
}
