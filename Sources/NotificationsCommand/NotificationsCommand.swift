// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ArgumentParser
internal import Logging
internal import Metrics
internal import Notifications
internal import Observability
internal import ServiceCommand
internal import ServiceKit
internal import Store

@main
struct NotificationsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notifications-service",
        abstract: "Inboxes of the users of Gatecast, and their live events.",
        discussion:
            "Settings come from the environment or from a YAML file; see Sources/NotificationsCommand/README.md.",
        version: ServiceMain.version,
        subcommands: [
            NotificationsServe.self, JobsCommand<NotificationsKeeper>.self, HealthCheck<NotificationsKeeper>.self,
        ],
        defaultSubcommand: NotificationsServe.self
    )
}

enum NotificationsKeeper: JobKeeper {
    static let command = "notifications-service"
    static let service = NotificationsApp.name
    static let settingsKeys = NotificationsSettings.keys
    static let migrations = SQLiteNoticeRepository.migrations
    static let jobs = "digests and clean-up"
}

struct NotificationsServe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the service. What happens without a subcommand."
    )

    @Option(name: .long, help: ArgumentHelp("Read settings from this YAML file.", valueName: "file"))
    var config: String?

    func run() async throws {
        let registry = PrometheusRegistry()
        let code = await ServiceMain.run(
            service: NotificationsApp.name,
            file: self.config,
            extraKeys: NotificationsSettings.keys
        ) { settings in
            LogFormat.json.bootstrap(level: settings.logLevel)
            MetricsSystem.bootstrap(registry)
        } build: { settings, spans, logger in
            let messaging = try ServiceMessaging.connect(settings, logger: logger)
            let application = try await NotificationsApp.build(
                settings: settings,
                bus: messaging.bus,
                log: messaging.log,
                metrics: { registry.exposition() },
                spans: spans,
                logger: logger
            )
            return messaging.services + [application]
        }
        throw ExitCode(code)
    }
}
