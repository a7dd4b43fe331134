// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Settings

/// `live.log`: where the embedded log keeps its entries, and how a failover is met. Decoded here because it stands under
/// `live`; Gateway builds the log from it.
package struct LiveLogSettings: Sendable {
    package enum Failover: String, Sendable, CaseIterable {
        /// A log that changed its identity resets every cursor (live.md §3, the mark).
        case mark
        /// A quiet failover is preferred to an honest one.
        case trust
    }

    /// File of the embedded log; nil: memory only (`up` sets one).
    package var file: String?
    package var onFailover = Failover.mark

    package init() {}

    init(node: SettingsNode?) throws(SettingsError) {
        guard let node else { return }
        var map = try node.map()
        file = try map.take("file")?.string()
        if let node = map.take("onFailover") { onFailover = try node.choice(Failover.self) }
        try map.finish()
    }
}
