// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Logging
package import Redis
package import Wire

/// `PUBLISH live.<topic> <json>` by anyone, read through `PSUBSCRIBE live.*` and never through `*`: task queues publish
/// their results there, and pub/sub knows no database numbers.
package final class RedisEphemeralLane: EphemeralLane {
    static let prefix = "live."

    private let client: RedisClient
    private let probe: LogProbe?
    private let rules: LogRules
    private let logger: Logger

    /// - Parameter probe: the log's, so that its messages are seen to come back; nil watches nothing.
    package init(client: RedisClient, probe: LogProbe? = nil, limits: LogLimits = LogLimits(), logger: Logger) {
        self.client = client
        self.probe = probe
        self.rules = LogRules(limits: limits)
        self.logger = logger
    }

    package func publish(_ topic: Topic, data: [UInt8]) async throws(EventLogError) {
        guard !topic.isReserved else { throw EventLogError(.invalid, "no publisher can name the topic \(topic.name)") }
        try rules.check(data, of: topic)
        do throws(RedisError) {
            _ = try await client.send("PUBLISH", .string(Self.prefix + topic.name), .bytes(data))
        } catch {
            throw EventLogError(.unavailable, error.description)
        }
    }

    package func run(into sink: any EphemeralSink) async throws {
        let subscription = client.subscribe(patterns: [Self.prefix + "*"])
        let (probe, rules, logger) = (probe, rules, logger)
        probe?.attach(.lane) { subscription.reconnect() }
        defer { probe?.detach(.lane) }
        try await subscription.run { event in
            guard case .message(let message) = event else { return }
            let name = String(message.channel.dropFirst(Self.prefix.count))
            if name.utf8.first == UInt8(ascii: "$") {
                // Ours alone: whatever else a publisher calls by such a name goes nowhere.
                if let probe, name == probe.laneTopic, let number = Self.number(message.payload) {
                    probe.returned(.lane, number)
                }
                return
            }
            guard let topic = LogRules.topic(name) else { return LogMetrics.rejected(.topic) }
            guard case .data(let data) = rules.body(message.payload) else {
                logger.debug(
                    "ephemeral message refused",
                    metadata: ["topic": "\(topic)", "bytes": "\(message.payload.count)"]
                )
                return LogMetrics.rejected(.data)
            }
            sink.ephemeral(topic, data: data)
        }
    }

    private static func number(_ payload: [UInt8]) -> UInt64? {
        String(validating: payload, as: UTF8.self).flatMap { UInt64($0) }
    }
}
