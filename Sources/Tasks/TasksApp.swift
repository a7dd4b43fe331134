// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import EventLog
internal import Hummingbird
package import Logging
package import ServiceKit
internal import ServiceLifecycle
package import Settings
internal import Store
package import Tokens

/// The tasks service, the same for its own executable and for `gatecast up`.
package enum TasksApp {
    package static let name = "tasks"

    /// - Parameters:
    ///   - authority: judges the callers' tokens, run by the caller. `nil` makes one from the settings and runs it.
    ///   - metrics: the Prometheus text behind `/metrics`; without it there is no such path.
    package static func build(
        settings: ServiceSettings,
        bus: any EventBus,
        authority: TokenAuthority? = nil,
        metrics: ServiceApplication.MetricsText? = nil,
        logger: Logger,
        onListening: @escaping @Sendable (ListenAddress) -> Void = { _ in }
    ) async throws -> ServiceApplication {
        let database = try ServiceDatabase.open(
            path: settings.databasePath,
            migrations: SQLiteTaskRepository.migrations
        )
        let relay = OutboxRelay.publishing(from: database, to: bus, source: "/tasks", logger: logger)
        var services: [any Service] = [relay]
        let judge: TokenAuthority
        if let authority {
            judge = authority
        } else {
            judge = settings.tokenAuthority(logger: logger)
            services.append(judge)
        }
        let router = Router.service()
        TaskController(repository: SQLiteTaskRepository(database: database))
            .addRoutes(to: router.authenticated(by: BearerAuthentication(authority: judge)))
        return ServiceApplication(
            name: self.name,
            listen: settings.listen,
            router: router,
            services: services,
            readiness: [.database(database)],
            metrics: metrics,
            logger: logger,
            onListening: onListening
        )
    }
}
