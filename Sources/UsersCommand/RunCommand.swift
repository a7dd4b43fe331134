// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ArgumentParser
internal import Logging
internal import Metrics
internal import Observability
internal import ServiceKit
internal import Users

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Serve until SIGTERM. What happens without a subcommand."
    )

    @OptionGroup var settings: SettingsOption

    func run() async throws {
        let registry = PrometheusRegistry()
        let code = await ServiceMain.run(
            service: UsersApp.name,
            file: self.settings.config,
            extraKeys: UsersSettings.keys
        ) { settings in
            LogFormat.json.bootstrap(level: settings.logLevel)
            MetricsSystem.bootstrap(registry)
        } build: { settings, spans, logger in
            [
                try await UsersApp.build(
                    settings: settings,
                    metrics: { registry.exposition() },
                    spans: spans,
                    logger: logger
                )
            ]
        }
        throw ExitCode(code)
    }
}
