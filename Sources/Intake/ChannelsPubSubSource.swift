// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import EventLog
package import Logging
internal import Metrics
package import Redis
internal import Synchronization
package import Wire

/// What Django Channels publishes with `RedisPubSubChannelLayer`, into the ephemeral lane: an unchanged `group_send`
/// reaches the browser. Only groups that a rule names are subscribed; never `PSUBSCRIBE *`.
package final class ChannelsPubSubSource: Sendable {
    private static let rejected = Counter(label: "gatecast_live_rejected_total", dimensions: [("reason", "channels")])

    private let client: RedisClient
    private let rules: [GroupRule]
    /// `asgi__group__`.
    private let prefix: String
    private let limit: Int
    private let logger: Logger
    private let toldAt = Mutex<ContinuousClock.Instant?>(nil)

    /// - Parameters:
    ///   - prefix: the layer's own `prefix`, `asgi` unless Django says otherwise.
    ///   - rules: the first that matches a group gives its topic.
    ///   - limit: bytes of one event's JSON.
    package init(client: RedisClient, prefix: String, rules: [GroupRule], limit: Int, logger: Logger) {
        self.client = client
        self.prefix = prefix + "__group__"
        self.rules = rules
        self.limit = limit
        self.logger = logger
    }

    /// Feeds the sink until the calling task is cancelled; what is published while Redis is away is gone.
    package func run(into sink: any EphemeralSink) async throws {
        let globs = rules.filter { !$0.isExact }.map { prefix + $0.glob }
        let names = rules.filter(\.isExact).map { prefix + $0.glob }
        let subscription = client.subscribe(patterns: unique(globs), channels: unique(names))
        try await subscription.run { event in
            guard case .message(let message) = event else { return }
            self.take(message, into: sink)
        }
    }

    private func unique(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }

    private func take(_ message: RedisMessage, into sink: any EphemeralSink) {
        guard message.channel.hasPrefix(prefix) else { return }
        let group = String(message.channel.dropFirst(prefix.count))
        guard let (rule, topic) = target(of: group) else { return }
        // Redis sends it once for each subscription that matches; the one of the rule that decides counts.
        guard message.pattern == (rule.isExact ? nil : prefix + rule.glob) else { return }
        switch ChannelsMessage(message.payload, limit: limit) {
        case .json(let data):
            sink.ephemeral(topic, data: data)
        case .encrypted:
            refuse(
                group,
                "encrypted by Fernet; take symmetric_encryption_keys out of the layer, or publish to live.<topic>"
            )
        case .refused(let reason):
            refuse(group, reason)
        }
    }

    private func target(of group: String) -> (GroupRule, Topic)? {
        for rule in rules {
            if let topic = rule.topic(of: group) { return (rule, topic) }
        }
        return nil
    }

    /// Counted each time, told once a minute: a misconfigured layer sends a thousand of them a second.
    private func refuse(_ group: String, _ reason: String) {
        Self.rejected.increment()
        let isDue = toldAt.withLock { told in
            if let told, ContinuousClock.now - told < .seconds(60) { return false }
            told = .now
            return true
        }
        guard isDue else { return }
        logger.warning("channels message refused", metadata: ["group": "\(group)", "reason": "\(reason)"])
    }
}
