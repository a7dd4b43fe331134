// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Settings
package import Wire

/// `live.channels`: groups of Django Channels as topics. Decoded here because it stands under `live`; Gateway builds the
/// source from it.
///
///     channels: { map: { "user_{1}": "user.{1}", news: announcements } }
package struct LiveChannelsSettings: Sendable {
    /// The layer's own `prefix`. Default `asgi`.
    package var prefix = "asgi"
    /// In the order of the file; the first that matches decides. Empty: nothing is subscribed.
    package var rules: [GroupRule] = []

    package init() {}

    init(node: SettingsNode?) throws(SettingsError) {
        guard let node else { return }
        var map = try node.map()
        if let node = map.take("prefix") {
            prefix = try node.nonEmptyString(advice: "prefix: asgi")
            let isPlain = prefix.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"*?[]\\".utf8.contains($0) }
            guard isPlain else {
                throw node.error("has a character with a meaning in patterns", advice: "prefix: asgi")
            }
        }
        for entry in try map.take("map")?.map().entries ?? [] {
            let topic = try entry.value.string()
            do throws(GroupRule.Refusal) {
                rules.append(try GroupRule(group: entry.key, topic: topic))
            } catch {
                throw entry.value.error("\(entry.key): \(error)", advice: "\"user_{1}\": \"user.{1}\"")
            }
        }
        try map.finish()
    }
}
