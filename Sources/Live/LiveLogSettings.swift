// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Settings

/// `live.log`: where the embedded log keeps its entries. Decoded here because it stands under `live`; Gateway builds the
/// log from it.
package struct LiveLogSettings: Sendable {
    /// File of the embedded log; nil: memory only (`up` sets one).
    package var file: String?

    package init() {}

    init(node: SettingsNode?) throws(SettingsError) {
        guard let node else { return }
        var map = try node.map()
        file = try map.take("file")?.string()
        try map.finish()
    }
}
