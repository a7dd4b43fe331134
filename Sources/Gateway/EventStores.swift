// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import EventLog
internal import Intake
internal import Live
package import Logging
package import NIOCore
package import Redis
package import ServiceLifecycle

/// The log and the ephemeral lane in the form the settings ask for: Redis where a URL is given, else embedded.
package struct EventStores: Sendable {
    package var log: any EventLog
    package var lane: any EphemeralLane
    /// Where the services in `gatecast up` meet; with Redis the services of other processes too.
    package var bus: any EventBus & DeadLetters
    /// nil where everything is embedded. Also the sessions' client, and the bus's in `gatecast up`.
    package var redis: RedisClient?
    /// Bound of one event's `data` in bytes, for who publishes.
    package let maxData: Int
    /// What has to run for them, before anything that uses them.
    package var services: [any Service] { redis.map { [$0] } ?? [] }

    package init(settings: GatewaySettings, group: any EventLoopGroup, logger: Logger) throws {
        var limits = LogLimits()
        // A zero turns the live limit off; the log itself always has a bound.
        if settings.live.limits.event > 0 { limits.dataBytes = settings.live.limits.event }
        maxData = limits.dataBytes
        limits.retention = settings.live.log.retention
        limits.retainedEntries = settings.live.log.entries
        limits.retainedBytes = settings.live.log.memory
        if let redisSettings = settings.redis {
            let client = try RedisClient(settings: redisSettings, group: group, logger: logger)
            let log = RedisEventLog(
                client: client,
                limits: limits,
                onFailover: settings.live.log.onFailover == .trust ? .trust : .reset,
                logger: logger
            )
            self.log = log
            let lane = RedisEphemeralLane(client: client, probe: log.probe, limits: limits, logger: logger)
            self.lane = Self.lane(lane, client, settings.live.channels, maxData: maxData, logger: logger)
            bus = RedisEventBus(client: client, logger: logger)
            redis = client
        } else {
            log = try EmbeddedEventLog(file: settings.live.log.file, limits: limits)
            lane = EmbeddedEphemeralLane(limits: limits)
            bus = EmbeddedEventBus(logger: logger)
            redis = nil
        }
    }

    /// With what Django Channels publishes, where a group is mapped.
    private static func lane(
        _ lane: RedisEphemeralLane,
        _ client: RedisClient,
        _ channels: LiveChannelsSettings,
        maxData: Int,
        logger: Logger
    ) -> any EphemeralLane {
        guard !channels.rules.isEmpty else { return lane }
        let source = ChannelsPubSubSource(
            client: client,
            prefix: channels.prefix,
            rules: channels.rules,
            limit: maxData,
            logger: logger
        )
        return IntakeLane(lane, with: source)
    }
}
