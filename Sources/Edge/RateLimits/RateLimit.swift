// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Settings

/// `COUNT/PERIOD`, such as `100/1m`: that many at once, and then one each PERIOD / COUNT (GCRA).
package struct RateLimit: Sendable, Hashable {
    /// 0 turns the limit off.
    package var count: Int
    package var period: Duration

    package init(_ count: Int, per period: Duration) {
        self.count = count
        self.period = period
    }

    package init(node: SettingsNode) throws(SettingsError) {
        let parts = try node.string().split(separator: "/", maxSplits: 1)
        guard parts.count == 2, let count = Int(parts[0]), (0...1_000_000).contains(count) else {
            throw node.error("is no rate", advice: "COUNT/PERIOD, such as 100/1m; 0/1m turns the limit off")
        }
        self.count = count
        self.period = try node.duration(parsing: String(parts[1]), in: .milliseconds(1) ... .seconds(86_400))
    }

    var isOff: Bool { self.count == 0 }
    /// Between two of a steady client.
    var interval: Duration { self.isOff ? .zero : self.period / self.count }
}
