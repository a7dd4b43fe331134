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

/// The tasks service, the same for its own executable and for `gatecast up`.
package enum TasksApp {
    package static let name = "tasks"

    /// - Parameters:
    ///   - cache: where pages of lists are kept where the settings say `redis`; memory takes its place when there is none.
    ///   - authority: judges the callers' tokens, run by the caller. `nil` makes one from the settings and runs it.
    ///   - metrics: the Prometheus text behind `/metrics`; without it there is no such path.
    ///   - spans: where finished spans go; `nil`: nowhere.
    ///   - now: for tests.
    package static func build(
        settings: ServiceSettings,
        bus: any EventBus,
        cache: (any CacheStore)? = nil,
        authority: TokenAuthority? = nil,
        metrics: ServiceApplication.MetricsText? = nil,
        spans: (any SpanSink)? = nil,
        logger: Logger,
        now: @escaping @Sendable () -> Date = { Date() },
        onListening: @escaping @Sendable (ListenAddress) -> Void = { _ in }
    ) async throws -> ServiceApplication {
        let own = try TasksSettings(extra: settings.extra)
        let database = try ServiceDatabase.open(
            path: settings.databasePath,
            migrations: SQLiteTaskRepository.migrations
        )
        var services: [any Service] = [
            OutboxRelay.publishing(from: database, to: bus, source: "/tasks", logger: logger),
            Self.jobs(database, own, now: now, logger: logger),
        ]
        let judge: TokenAuthority
        if let authority {
            judge = authority
        } else {
            judge = settings.tokenAuthority(logger: logger)
            services.append(judge)
        }
        let repository = SQLiteTaskRepository(database: database, remindBefore: own.remindBefore)
        let lists = TaskLists(repository: repository, cache: Self.cache(own.cache, shared: cache))
        let router = Router.service()
        TaskController(repository: repository, lists: lists, now: now)
            .addRoutes(to: router.authenticated(by: BearerAuthentication(authority: judge)))
        return ServiceApplication(
            name: self.name,
            listen: settings.listen,
            router: router,
            services: services,
            readiness: [.database(database)],
            metrics: metrics,
            document: TasksAPI.document,
            spans: spans,
            logger: logger,
            onListening: onListening
        )
    }

    private static func cache(_ form: TasksSettings.CacheForm, shared: (any CacheStore)?) -> ReadCache? {
        let store: any CacheStore
        switch form {
        case .off: return nil
        case .redis: store = shared ?? MemoryCacheStore()
        case .memory: store = MemoryCacheStore()
        }
        return ReadCache(store: store, service: self.name, name: "lists")
    }

    private static func jobs(
        _ database: ServiceDatabase,
        _ settings: TasksSettings,
        now: @escaping @Sendable () -> Date,
        logger: Logger
    ) -> JobRunner {
        let milliseconds: @Sendable () -> Int64 = { Instant.milliseconds(now()) }
        var timing = JobRunner.Timing()
        timing.now = milliseconds
        let keep = settings.keepDeleted.components.seconds * 1000
        return JobRunner(
            database: database,
            handlers: [
                ReminderJob.handler(now: milliseconds), CleanUpJob.handler(keepDeleted: keep, now: milliseconds),
            ],
            timing: timing,
            logger: logger
        )
    }
}
