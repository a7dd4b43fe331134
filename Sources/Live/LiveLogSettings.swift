// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Settings

/// `live.log`: where the embedded log keeps its entries. Decoded here because it stands under `live`; Gateway builds the
/// log from it.
package struct LiveLogSettings: Sendable {
    package enum OnFailover: String, Sendable, CaseIterable {
        case reset, trust
    }

    /// How long entries are kept, counted back from the newest. Default 1 h.
    package var retention: Duration = .seconds(3600)
    /// How many entries Redis keeps, approximately. Default 500,000.
    package var entries = 500_000
    /// What the embedded log keeps in memory, and the tail that a node loads when it starts. Default 64 MB.
    package var memory = 64_000_000
    /// A new Redis server behind the name: every older cursor is a `gap reset`, or the log is trusted to be whole.
    package var onFailover = OnFailover.reset
    /// File of the embedded log; nil: memory only (`up` sets one).
    package var file: String?

    package init() {}

    init(node: SettingsNode?) throws(SettingsError) {
        guard let node else { return }
        var map = try node.map()
        file = try map.take("file")?.string()
        if let node = map.take("retention") {
            retention = try node.duration(in: .seconds(60) ... .seconds(30 * 86_400))
        }
        if let node = map.take("entries") { entries = try node.int(in: 1000...1_000_000_000) }
        if let node = map.take("memory") {
            memory = try node.bytes()
            guard memory >= 1 << 20 else { throw node.error("the log needs at least 1MiB", advice: "memory: 64MiB") }
        }
        if let node = map.take("onFailover") { onFailover = try node.choice(OnFailover.self) }
        try map.finish()
    }
}
