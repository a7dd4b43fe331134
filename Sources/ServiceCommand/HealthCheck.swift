// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import ArgumentParser
internal import ServiceKit

/// Which service a subcommand is about.
package protocol ServiceIdentity {
    /// As in `ServiceSettings.service`.
    static var service: String { get }
    /// Settings that only this service knows.
    static var settingsKeys: [String] { get }
}

/// `healthcheck` of every service's executable.
package struct HealthCheck<Identity: ServiceIdentity>: AsyncParsableCommand {
    package static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "healthcheck",
            abstract: "Ask the service that runs with these settings whether it is ready: exit 0, else 1."
        )
    }

    @Option(help: ArgumentHelp("The service's settings, as it runs with them.", valueName: "file"))
    var config: String?

    package init() {}

    package func run() async throws {
        throw ExitCode(
            await HealthProbe.run(service: Identity.service, file: self.config, extraKeys: Identity.settingsKeys)
        )
    }
}
