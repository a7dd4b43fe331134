// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Synchronization

/// What all sockets of the node owe together, and whether that is too much (live.md §8). Each loop reports its own sum once
/// a second; nobody waits for anybody.
final class InFlightBudget: Sendable {
    /// What a connection may owe while the node owes too much.
    static let tightBytes = 32 * 1024

    private let limit: Int
    private let total = Atomic(0)
    private let isTightNow = Atomic(false)

    /// - Parameter limit: bytes; 0: no limit.
    init(limit: Int) { self.limit = limit }

    var bytes: Int { total.load(ordering: .relaxed) }

    /// - Parameter change: of one loop's sum since it reported last.
    /// - Returns: whether connections have to owe less from here on: above 80 % of the limit, until below 60 %.
    func report(_ change: Int) -> Bool {
        let sum = total.add(change, ordering: .relaxed).newValue
        guard limit > 0 else { return false }
        if sum > limit / 5 * 4 { isTightNow.store(true, ordering: .relaxed) }
        if sum < limit / 5 * 3 { isTightNow.store(false, ordering: .relaxed) }
        return isTightNow.load(ordering: .relaxed)
    }
}
