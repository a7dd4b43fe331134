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

    @Flag(
        help:
            "Take the sockets over from the gateway that runs on the same data folder, if there is one; it then drains."
    )
    var takeover = false

    func run() async throws {
        try await Failure.reported {
            let environment = ProcessInfo.processInfo.environment
            let source = ConfigurationSource.file(config, environment: environment)
            let settings = try source.load()
            let telemetry = Telemetry.install(format: .json, environment: environment)
            let process = GatewayProcess(
                settings: settings,
                source: source,
                succession: try succession(settings, environment),
                telemetry: telemetry
            )
            try await process.run()
        }
    }

    private func succession(_ settings: GatewaySettings, _ environment: [String: String]) throws -> Succession {
        let passed = try InheritedSockets.passed(in: environment)
        var predecessor: Predecessor?
        if takeover {
            if let objection = Succession.objection(to: settings) {
                Failure.say(objection)
                throw Failure.configuration
            }
            predecessor = try Predecessor.find(at: TakeoverPoint.path(inData: settings.data))
        }
        return Succession(sockets: passed, predecessor: predecessor, isOffered: true)
    }
}
