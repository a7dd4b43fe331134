// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import EventLog
internal import Foundation
internal import Hummingbird
package import Logging
package import ServiceKit
internal import ServiceLifecycle
package import Settings
internal import Store
package import Tokens

/// The notifications service, the same for its own executable and for `gatecast up`.
package enum NotificationsApp {
    package static let name = "notifications"

    /// - Parameters:
    ///   - bus: where the other services' events come from.
    ///   - log: where events for browsers go.
    ///   - authority: judges the callers' tokens, run by the caller. `nil` makes one from the settings and runs it.
    ///   - metrics: the Prometheus text behind `/metrics`; without it there is no such path.
    package static func build(
        settings: ServiceSettings,
        bus: any EventBus,
        log: any EventLog,
        authority: TokenAuthority? = nil,
        metrics: ServiceApplication.MetricsText? = nil,
        logger: Logger,
        onListening: @escaping @Sendable (ListenAddress) -> Void = { _ in }
    ) async throws -> ServiceApplication {
        let database = try ServiceDatabase.open(
            path: settings.databasePath,
            migrations: SQLiteNoticeRepository.migrations
        )
        let repository = SQLiteNoticeRepository(database: database)
        let relay = OutboxRelay.appending(from: database, to: log, logger: logger)
        let consumer = TaskEventConsumer(
            bus: bus,
            repository: repository,
            consumer: ProcessInfo.processInfo.hostName,
            logger: logger
        )
        var services: [any Service] = [relay, consumer]
        let judge: TokenAuthority
        if let authority {
            judge = authority
        } else {
            judge = settings.tokenAuthority(logger: logger)
            services.append(judge)
        }
        let router = Router.service()
        NoticeController(repository: repository)
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
