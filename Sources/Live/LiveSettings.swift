// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Settings

/// Everything under `live:` in `gatecast.yaml`. The defaults are those of live.md §8.
///
///     live:
///       topics: { allow: ["announcements", "org.{org}.*"] }   # user.<sub> is implied
///       anonymous: ["status"]                                 # topics for `?anonymous=1`; none by default
///       limits: { perUser: 50, ring: 64MiB }                 # 0 switches a limit off
///       times: { ping: 25s, maxAge: 4h }
///       log: { file: var/live.sqlite }
///       channels: { map: { "user_{1}": "user.{1}" } }         # groups of Django Channels; needs Redis
package struct LiveSettings: Sendable {
    package var policy = TopicPolicy()
    package var limits = LiveLimits()
    package var times = LiveTimes()
    package var log = LiveLogSettings()
    package var channels = LiveChannelsSettings()

    package init() {}

    /// nil: no `live:` in the file, so nothing but `user.<sub>`.
    package init(node: SettingsNode?) throws(SettingsError) {
        guard let node else { return }
        var map = try node.map()
        if let topics = map.take("topics") {
            var topics = try topics.map()
            if let allow = topics.take("allow") { policy.allowed = try LiveSettings.patterns(allow) }
            try topics.finish()
        }
        if let anonymous = map.take("anonymous") {
            policy.anonymous = try LiveSettings.patterns(anonymous)
            for (pattern, node) in zip(policy.anonymous, try anonymous.list()) where pattern.usesClaims {
                throw node.error("an anonymous topic cannot use claims: \(pattern)", advice: "name the topic literally")
            }
        }
        limits = try LiveLimits(node: map.take("limits"))
        times = try LiveTimes(node: map.take("times"))
        log = try LiveLogSettings(node: map.take("log"))
        channels = try LiveChannelsSettings(node: map.take("channels"))
        try map.finish()
    }

    private static func patterns(_ node: SettingsNode) throws(SettingsError) -> [TopicPattern] {
        var patterns: [TopicPattern] = []
        for entry in try node.list() {
            let text = try entry.string()
            do {
                patterns.append(try TopicPattern(text))
            } catch {
                throw entry.error(
                    "not a topic pattern: \(text) (\(error))",
                    advice: "segments joined by dots, {claim} for a whole segment, .* only at the end"
                )
            }
        }
        return patterns
    }
}
