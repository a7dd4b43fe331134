// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import EventLog
package import Foundation
internal import Hummingbird
package import Logging
package import Observability
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
    ///   - spans: where finished spans go; `nil`: nowhere.
    ///   - now: for tests.
    package static func build(
        settings: ServiceSettings,
        bus: any EventBus,
        log: any EventLog,
        authority: TokenAuthority? = nil,
        metrics: ServiceApplication.MetricsText? = nil,
        spans: (any SpanSink)? = nil,
        logger: Logger,
        now: @escaping @Sendable () -> Date = { Date() },
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
            spans: spans,
            logger: logger,
            now: now
        )
        let own = try NotificationsSettings(extra: settings.extra)
        var services: [any Service] = [relay, consumer, Self.jobs(database, repository, own, now: now, logger: logger)]
        let judge: TokenAuthority
        if let authority {
            judge = authority
        } else {
            judge = settings.tokenAuthority(logger: logger)
            services.append(judge)
        }
        let router = Router.service()
        let authenticated = router.authenticated(by: BearerAuthentication(authority: judge))
        NoticeController(repository: repository, now: now).addRoutes(to: authenticated)
        PreferenceController(repository: repository).addRoutes(to: authenticated)
        return ServiceApplication(
            name: self.name,
            listen: settings.listen,
            router: router,
            services: services,
            readiness: [.database(database)],
            metrics: metrics,
            document: NotificationsAPI.document,
            spans: spans,
            logger: logger,
            onListening: onListening
        )
    }

    private static func jobs(
        _ database: ServiceDatabase,
        _ repository: any NoticeRepository,
        _ settings: NotificationsSettings,
        now: @escaping @Sendable () -> Date,
        logger: Logger
    ) -> JobRunner {
        let milliseconds: @Sendable () -> Int64 = { Instant.milliseconds(now()) }
        var timing = JobRunner.Timing()
        timing.now = milliseconds
        return JobRunner(
            database: database,
            handlers: [
                DigestJob.handler(repository: repository, at: settings.digestHour, now: milliseconds),
                CleanUpJob.handler(repository: repository, settings: settings, now: milliseconds),
            ],
            timing: timing,
            logger: logger
        )
    }
}
