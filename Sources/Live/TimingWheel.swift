// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore

/// Timers in slots of one second; one scheduled callback of the loop serves them all. Inserting costs an append; nothing
/// is ever searched or cancelled: what was superseded is recognised by its owner when it comes up. A timer comes up to
/// one second late, never early, except that one beyond the wheel's 512 s comes early and is inserted again.
struct TimingWheel<Timer> {
    private static var size: Int { 512 }

    private var slots: [[Timer]]
    private let start: NIODeadline
    /// Seconds since `start` that have been served.
    private var served = 0

    init(now: NIODeadline) {
        slots = Array(repeating: [], count: TimingWheel.size)
        start = now
    }

    mutating func insert(_ timer: Timer, due: NIODeadline) {
        let second = 1_000_000_000 as Int64
        let distance = (due - start).nanoseconds
        let wanted = Int(distance / second + (distance % second > 0 ? 1 : 0))
        let slot = min(max(wanted, served + 1), served + TimingWheel.size - 1)
        slots[slot % TimingWheel.size].append(timer)
    }

    /// The timers that have come up since the last call.
    mutating func advance(to now: NIODeadline) -> [Timer] {
        let target = Int((now - start).nanoseconds / 1_000_000_000)
        var due: [Timer] = []
        var turns = 0
        while served < target {
            served += 1
            turns += 1
            guard turns <= TimingWheel.size else { continue }
            due.append(contentsOf: slots[served % TimingWheel.size])
            slots[served % TimingWheel.size].removeAll(keepingCapacity: true)
        }
        return due
    }
}
