// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import EventLog
package import Logging
internal import NIOPosix
internal import Redis
package import ServiceLifecycle
internal import Settings

/// The bus between the services and the log towards browsers, for a service that is a process of its own.
package struct ServiceMessaging: Sendable {
    package let bus: any EventBus
    package let log: any EventLog
    /// What several processes of one service may share.
    package let cache: any CacheStore
    /// Run these before whatever uses the bus and the log, so that they stop after it.
    package let services: [any Service]

    /// Does not wait for Redis: while it is away the outbox keeps what there is to say.
    ///
    /// Throws `SettingsError` without `REDIS_URL`: the embedded bus ends at the border of its process, so several
    /// processes need Redis.
    package static func connect(_ settings: ServiceSettings, logger: Logger) throws -> ServiceMessaging {
        guard let url = settings.redisURL else {
            throw SettingsError(
                file: "environment",
                path: "REDIS_URL",
                message: "missing: \(settings.service)-service is a process of its own and meets the others in Redis",
                advice:
                    "for example REDIS_URL=redis://127.0.0.1:6379, or run everything in one process with: gatecast up"
            )
        }
        let client: RedisClient
        do {
            client = try RedisClient(
                settings: RedisSettings(url: url),
                group: MultiThreadedEventLoopGroup.singleton,
                logger: logger
            )
        } catch {
            throw SettingsError(
                file: "environment",
                path: "REDIS_URL",
                message: "\(error)",
                advice: "for example redis://127.0.0.1:6379"
            )
        }
        return ServiceMessaging(
            bus: RedisEventBus(client: client, logger: logger),
            log: RedisEventLog(client: client, logger: logger),
            cache: RedisCacheStore(client: client),
            services: [client]
        )
    }
}
