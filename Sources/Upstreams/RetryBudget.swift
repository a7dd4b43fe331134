// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Synchronization

/// How much of an upstream's work may be second tries, so that trying again never makes an overload worse (proxy.md §8).
final class RetryBudget: Sendable {
    /// Always allowed, so that a quiet upstream has retries at all.
    static let least = 3

    private let underWay = Atomic<Int>(0)

    static func limit(inFlight: Int, percent: Int) -> Int {
        percent == 0 ? 0 : max(Self.least, inFlight * percent / 100)
    }

    /// Pair true with `giveBack`, once the exchange that was tried again has ended.
    /// - Parameter percent: of the exchanges in flight; 0: none ever.
    func take(inFlight: Int, percent: Int) -> Bool {
        let limit = Self.limit(inFlight: inFlight, percent: percent)
        guard self.underWay.wrappingAdd(1, ordering: .relaxed).newValue > limit else { return true }
        self.giveBack()
        return false
    }

    func giveBack() { self.underWay.wrappingSubtract(1, ordering: .relaxed) }
}
