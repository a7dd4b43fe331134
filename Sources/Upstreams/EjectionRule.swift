// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore

/// When an endpoint is left alone for a while (proxy.md §8). Pure.
enum EjectionRule {
    /// In a row: 502, 503, 504, a reset, a timeout, no connection.
    static let failures = 5
    private static let step = TimeAmount.seconds(30)
    private static let longest = 10
    /// After this long without an ejection the count starts over.
    private static let memory = TimeAmount.minutes(5)

    static func times(before: Int, lastEnd: NIODeadline, now: NIODeadline) -> Int {
        before > 0 && now < lastEnd + self.memory ? min(before + 1, self.longest) : 1
    }

    static func span(times: Int) -> TimeAmount { self.step * times }

    /// At most half of the endpoints are out at a time, hence never the only one.
    static func allows(ejected: Int, of count: Int) -> Bool { (ejected + 1) * 2 <= count }
}
