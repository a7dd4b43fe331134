// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ArgumentParser
internal import Logging
internal import Metrics
internal import Observability
internal import ServiceCommand
internal import ServiceKit
internal import Store
internal import Tasks

@main
struct TasksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tasks-service",
        abstract: "Tasks of the users of Gatecast.",
        discussion: "Settings come from the environment or from a YAML file; see Sources/TasksCommand/README.md.",
        version: ServiceMain.version,
        subcommands: [TasksServe.self, JobsCommand<TasksKeeper>.self, HealthCheck<TasksKeeper>.self],
        defaultSubcommand: TasksServe.self
    )
}

enum TasksKeeper: JobKeeper {
    static let command = "tasks-service"
    static let service = TasksApp.name
    static let settingsKeys = TasksSettings.keys
    static let migrations = SQLiteTaskRepository.migrations
    static let jobs = "reminders and clean-up"
}

struct TasksServe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the service. What happens without a subcommand."
    )

    @Option(name: .long, help: ArgumentHelp("Read settings from this YAML file.", valueName: "file"))
    var config: String?

    func run() async throws {
        let registry = PrometheusRegistry()
        let code = await ServiceMain.run(
            service: TasksApp.name,
            file: self.config,
            extraKeys: TasksSettings.keys
        ) { settings in
            LogFormat.json.bootstrap(level: settings.logLevel)
            MetricsSystem.bootstrap(registry)
        } build: { settings, spans, logger in
            let messaging = try ServiceMessaging.connect(settings, logger: logger)
            let application = try await TasksApp.build(
                settings: settings,
                bus: messaging.bus,
                cache: messaging.cache,
                metrics: { registry.exposition() },
                spans: spans,
                logger: logger
            )
            return messaging.services + [application]
        }
        throw ExitCode(code)
    }
}
