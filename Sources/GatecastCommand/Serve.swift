// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ArgumentParser
internal import Foundation
internal import Gateway
internal import Observability

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the gateway alone, from a configuration file.",
        discussion:
            "Logs one JSON object a line on standard error. SIGTERM and SIGINT drain, for at most 45 s; a second one hurries. SIGHUP, or a changed file, reloads."
    )

    @Option(help: ArgumentHelp("The configuration.", valueName: "file"))
    var config: String = "gatecast.yaml"

    func run() async throws {
        try await Failure.reported {
            let environment = ProcessInfo.processInfo.environment
            let source = ConfigurationSource.file(config, environment: environment)
            let settings = try source.load()
            let telemetry = Telemetry.install(format: .json, environment: environment)
            try await GatewayProcess(settings: settings, source: source, telemetry: telemetry).run()
        }
    }
}
