// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Edge
internal import EventLog
internal import Foundation
internal import Live
package import Logging
package import NIOCore
internal import Observability
package import ServiceLifecycle
internal import Sessions
package import Settings
internal import Tokens
internal import Upstreams

/// Builds a whole gateway from its settings: every part once, handed down by value, in floor order.
///
/// `services` start in this order and end in the reverse: readiness goes first, then the listeners drain, then what they stood on,
/// the admin listener last, so that an operator can watch until the end.
package struct Assembly: Sendable {
    package let services: [any Service]
    package let drain: Drain

    /// - Parameters:
    ///   - source: what a reload reads; nil: there is none.
    ///   - succession: whose sockets this process goes on with, and whether another may go on with its own.
    ///   - stores: made by the caller, since `gatecast up` shares them with its services, and run by the caller too.
    ///   - metrics: the Prometheus text of this process.
    ///   - version: of this product, for traces.
    ///   - onListening: `public`, `internal` or `admin` with its chosen address, once it accepts.
    package init(
        settings: GatewaySettings,
        source: ConfigurationSource?,
        succession: Succession = Succession(),
        stores: EventStores,
        group: any EventLoopGroup,
        metrics: @escaping @Sendable () -> String,
        version: String = "",
        logger: Logger,
        onListening: @escaping @Sendable (String, ListenAddress) -> Void
    ) throws {
        let configuration = RunningConfiguration(settings: settings)
        let present: @Sendable () -> [Upstream] = { Array(configuration.current.upstreams.values) }
        let tokens = TokenAuthority(profiles: settings.issuers, source: HTTPKeySetSource(group: group), logger: logger)
        let revokedTokens = try Self.revokedTokens(settings, stores, tokens, logger: logger)
        let sessions = try Self.sessions(configuration, stores, tokens, group: group, logger: logger)
        let hub = Hub(
            settings: settings.live,
            log: stores.log,
            lane: stores.lane,
            group: group,
            sessionCheck: { key in await LiveSessions.check(key, with: sessions) },
            sessionActivity: { key in LiveSessions.touch(key, with: sessions) },
            logger: logger
        )
        if let sessions { LiveSessions.connect(sessions, to: hub) }

        let readiness = Readiness(checks: [
            .init("log", isRequired: settings.ready == .live) { stores.log.readiness.reason },
            .init("live", isRequired: settings.ready == .live) { hub.notReadyReason },
            .init("revocations") { revokedTokens.notReadyReason },
        ])
        let exporter = settings.tracing.endpoint.map { endpoint in
            OTLPExporter(
                endpoint: endpoint,
                settings: settings.tracing,
                version: version,
                group: group,
                logger: logger
            )
        }
        let edge = EdgeListener(
            settings: settings.edge,
            services: EdgeServices(
                sessions: sessions,
                tokens: tokens,
                hub: hub,
                upstreams: configuration.current.upstreams,
                page: settings.profile == .dev ? DemoPage() : nil,
                identityKeys: try settings.identityKeys(),
                rateLimits: stores.redis.map { SharedRateLimits(client: $0) },
                tracing: exporter.map { EdgeTracing(sink: $0, sample: settings.tracing.sample) }
            ),
            group: group,
            logger: logger,
            inherited: succession.sockets.sockets,
            onListening: { name, address in
                succession.listening(name, logger: logger)
                onListening(name, address)
            },
            untilReady: { try await succession.wait(for: readiness) }
        )
        let drain = Drain(edge: edge)
        self.drain = drain
        let gate = ReadinessGate(readiness: readiness) { await drain.wait(configuration.current.settings.notReady) }
        let reloader = source.map {
            Reloader(source: $0, edge: edge, tokens: tokens, configuration: configuration, logger: logger)
        }
        var reload: (@Sendable () async -> ReloadOutcome)?
        if let reloader { reload = { await reloader.reload(because: "admin") } }
        var admin = AdminServer(
            settings: settings.admin,
            events: AdminEvents(log: stores.log, lane: stores.lane, maxData: stores.maxData),
            hub: hub,
            deadLetters: stores.bus,
            sessions: sessions,
            revokedTokens: revokedTokens,
            readiness: readiness,
            metrics: {
                for upstream in present() { upstream.observe() }
                return metrics()
            },
            reload: reload,
            logger: logger,
            onListening: { onListening("admin", $0) }
        )
        admin.configuration = configuration
        admin.version = version
        admin.yields = { await drain.waitForHandover() }
        admin.waitsForAddress = succession.predecessor != nil
        var services: [any Service] = [admin]
        if let exporter { services.append(exporter) }
        services.append(tokens)
        services.append(revokedTokens)
        if let sessions { services.append(sessions) }
        services.append(AddressResolver(upstreams: present, logger: logger))
        services.append(HealthChecker(upstreams: present, group: group, logger: logger))
        services.append(MemoryReturn(connections: { hub.connectionCount }))
        services += [hub, edge] as [any Service]
        if let reloader { services.append(reloader) }
        if succession.isOffered {
            let path = TakeoverPoint.path(inData: settings.data)
            services.append(TakeoverPoint(path: path, edge: edge, drain: drain, logger: logger))
        }
        services.append(gate)
        self.services = services
    }

    /// Made without issuers too: a reload may bring some.
    private static func revokedTokens(
        _ settings: GatewaySettings,
        _ stores: EventStores,
        _ tokens: TokenAuthority,
        logger: Logger
    ) throws -> RevokedTokens {
        let store: any RevokedTokenStore =
            if let redis = stores.redis {
                RedisRevokedTokenStore(client: redis, logger: logger)
            } else {
                try SQLiteRevokedTokenStore(path: "\(settings.data)/revoked-tokens.sqlite")
            }
        return RevokedTokens(store: store, tokens: tokens, logger: logger)
    }

    private static func sessions(
        _ configuration: RunningConfiguration,
        _ stores: EventStores,
        _ tokens: TokenAuthority,
        group: any EventLoopGroup,
        logger: Logger
    ) throws -> SessionAuthority? {
        let settings = configuration.current.settings
        guard let own = settings.sessions else { return nil }
        let store: any SessionStore =
            if let redis = stores.redis {
                RedisSessionStore(client: redis, logger: logger)
            } else {
                try SQLiteSessionStore(path: "\(settings.data)/sessions.sqlite", logger: logger)
            }
        let provider = UpstreamIdentityProvider(
            preset: own.preset,
            addresses: { configuration.current.upstreams[own.upstream]?.settings.endpoints ?? [] },
            publicHost: { configuration.current.settings.edge.origins[0].authority },
            tokens: tokens,
            group: group,
            logger: logger
        )
        return SessionAuthority(settings: own, store: store, provider: provider, logger: logger)
    }
}
