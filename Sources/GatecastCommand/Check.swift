// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ArgumentParser
internal import Foundation
internal import Gateway

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read a configuration as `serve` would, without starting.",
        discussion: "Exit 0 where all is well; 78, with file, line and what to write instead, where it is not."
    )

    @Option(help: ArgumentHelp("The configuration to check.", valueName: "file"))
    var config: String = "gatecast.yaml"

    func run() async throws {
        try await Failure.reported {
            let settings = try GatewaySettings.load(file: config, environment: ProcessInfo.processInfo.environment)
            print("\(config): ok, \(settings.summary)")
        }
    }
}
