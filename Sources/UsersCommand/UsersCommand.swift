// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ArgumentParser
internal import Logging
internal import Metrics
internal import Observability
internal import ServiceKit
internal import Users

@main
struct UsersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "users-service",
        abstract: "Users of Gatecast: registration, login, refresh, keys.",
        discussion: "Settings come from the environment or from a YAML file; see Sources/UsersCommand/README.md.",
        version: ServiceMain.version
    )

    @Option(name: .long, help: ArgumentHelp("Read settings from this YAML file.", valueName: "file"))
    var config: String?

    func run() async throws {
        let registry = PrometheusRegistry()
        let code = await ServiceMain.run(service: UsersApp.name, file: self.config, extraKeys: UsersSettings.keys) {
            settings in
            LogFormat.json.bootstrap(level: settings.logLevel)
            MetricsSystem.bootstrap(registry)
        } build: { settings, logger in
            [
                try await UsersApp.build(
                    settings: settings,
                    metrics: { registry.exposition() },
                    logger: logger
                )
            ]
        }
        throw ExitCode(code)
    }
}
