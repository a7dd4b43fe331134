// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore

/// When an endpoint goes out and comes in by its checks (proxy.md §8). Pure; one per endpoint.
///
///     in ──2 failures in a row──► out ──2 successes in a row──► in
struct HealthRule {
    static let failuresToGoOut = 2
    static let successesToComeIn = 2

    enum Change: Equatable { case none, wentOut, cameIn }

    private var isOut: Bool
    /// Results in a row that speak against the present state.
    private var against = 0

    init(isOut: Bool) { self.isOut = isOut }

    mutating func record(isWell: Bool) -> Change {
        guard isWell == self.isOut else {
            self.against = 0
            return .none
        }
        self.against += 1
        guard self.against >= (self.isOut ? Self.successesToComeIn : Self.failuresToGoOut) else { return .none }
        self.against = 0
        self.isOut.toggle()
        return self.isOut ? .wentOut : .cameIn
    }

    /// The interval give or take a tenth. `chance` lies between 0 and 1.
    static func pause(_ interval: TimeAmount, chance: Double) -> TimeAmount {
        .nanoseconds(Int64(Double(interval.nanoseconds) * (0.9 + 0.2 * chance)))
    }
}
