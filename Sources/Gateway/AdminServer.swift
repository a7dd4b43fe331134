// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Edge
package import EventLog
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
package import Live
package import Logging
internal import NIOCore
internal import ServiceLifecycle
package import Sessions
package import Settings
internal import StrictJSON
internal import Wire

/// The operator's listener: plain HTTP on loopback. Health and metrics are open, everything else needs the admin token.
///
/// | path | answers |
/// |---|---|
/// | `GET /livez` `/readyz` `/metrics` | health, readiness with reasons, Prometheus text |
/// | `GET /` | the operator's page; open like the three above, since it holds nothing |
/// | `GET /status` | routes and upstream health |
/// | `POST /reload` | reads the configuration again; what became of it |
/// | `POST /publish` | one event or up to 100; `{"id":…}` |
/// | `POST /disconnect` | 202; closes sockets of a user or session on every node |
/// | `GET /tail?topic=&since=` | the log as server-sent events |
/// | `GET /connections?user=&slow=1` | this node's live connections |
/// | `GET`, `DELETE /sessions?user=` or `?id=` | login sessions: list, end |
/// | `GET /bus/dead`, `POST /bus/dead/{id}/replay`, `DELETE /bus/dead/{id}` | events that a service could not handle |
/// | `POST /revocations` | bearer tokens refused from now on: by `jti`, or all of a user's |
package struct AdminServer: Service {
    package var settings: AdminSettings
    package var events: AdminEvents
    package var hub: Hub
    /// What the services' bus set aside; `nil` where there is no bus.
    package var deadLetters: (any DeadLetters)?
    package var sessions: SessionAuthority?
    /// `nil` where no bearer passes.
    package var revokedTokens: RevokedTokens?
    package var readiness: Readiness
    /// Renders the process's metrics.
    package var metrics: @Sendable () -> String
    package var reload: (@Sendable () async -> ReloadOutcome)?
    /// What `GET /status` tells of.
    package var configuration: RunningConfiguration?
    /// Of this product.
    package var version = ""
    /// Waits until another process wants the address.
    package var yields: (@Sendable () async -> Void)?
    /// The address may be another's for a while yet, who is about to yield it.
    package var waitsForAddress = false
    package var logger: Logger
    package var onListening: @Sendable (ListenAddress) -> Void

    package init(
        settings: AdminSettings,
        events: AdminEvents,
        hub: Hub,
        deadLetters: (any DeadLetters)? = nil,
        sessions: SessionAuthority?,
        revokedTokens: RevokedTokens? = nil,
        readiness: Readiness,
        metrics: @escaping @Sendable () -> String,
        reload: (@Sendable () async -> ReloadOutcome)? = nil,
        logger: Logger,
        onListening: @escaping @Sendable (ListenAddress) -> Void
    ) {
        self.settings = settings
        self.events = events
        self.hub = hub
        self.deadLetters = deadLetters
        self.sessions = sessions
        self.revokedTokens = revokedTokens
        self.readiness = readiness
        self.metrics = metrics
        self.reload = reload
        self.logger = logger
        self.onListening = onListening
    }

    package func run() async throws {
        let clock = ContinuousClock()
        let patience = clock.now + .seconds(TakeoverProtocol.patience)
        while true {
            do { return try await serve() } catch let error as IOError {
                guard waitsForAddress, error.errnoCode == EADDRINUSE, clock.now < patience else {
                    throw ListenFailure("admin", settings.listen, because: error)
                }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    /// Until shutdown. One that yielded is over for its callers, and waits for the shutdown that follows.
    private func serve() async throws {
        let group = ServiceGroup(services: [application()], logger: logger)
        guard let yields else { return try await group.run() }
        try await withThrowingTaskGroup { tasks in
            tasks.addTask {
                try await group.run()
                return true
            }
            tasks.addTask {
                await yields()
                await group.triggerGracefulShutdown()
                return false
            }
            while let isOver = try await tasks.next() { if isOver { tasks.cancelAll() } }
        }
        // Cancelled instead: the same end.
        if !Task.isShuttingDownGracefully { try? await gracefulShutdown() }
    }

    private func application() -> some ApplicationProtocol {
        let application = Application(
            router: router(),
            configuration: .init(
                address: .hostname(settings.listen.host, port: settings.listen.port),
                serverName: nil
            ),
            onServerRunning: { channel in
                guard let port = channel.localAddress?.port else { return }
                let address = ListenAddress(host: settings.listen.host, port: port)
                logger.info("listening", metadata: ["listener": "admin", "address": "\(address)"])
                onListening(address)
            },
            logger: logger
        )
        return application
    }

    func router() -> Router<BasicRequestContext> {
        let router = Router(context: BasicRequestContext.self)
        router.add(middleware: AdminGuard(hosts: settings.hosts, consoleIsOn: settings.console))
        router.get("livez") { _, _ in "ok\n" }
        router.get("readyz") { _, _ in
            let report = readiness.report()
            return Self.json(report.body, status: report.isReady ? .ok : .serviceUnavailable)
        }
        router.get("metrics") { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: .init(byteBuffer: ByteBuffer(string: metrics()))
            )
        }
        if settings.console { AdminPageRoutes().add(to: router) }
        let guarded = router.group().add(middleware: AdminToken(token: settings.token))
        AdminEventRoutes(events: events).add(to: guarded)
        AdminConnectionRoutes(hub: hub, events: events).add(to: guarded)
        AdminSessionRoutes(sessions: sessions).add(to: guarded)
        AdminRevocationRoutes(tokens: revokedTokens, events: events).add(to: guarded)
        AdminReloadRoutes(reload: reload).add(to: guarded)
        AdminBusRoutes(letters: deadLetters).add(to: guarded)
        AdminStatusRoutes(configuration: configuration, version: version).add(to: guarded)
        return router
    }

    static func json(_ value: JSONValue, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: value.encoded()))
        )
    }
}
