// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ArgumentParser
internal import Foundation
internal import ServiceKit
internal import Settings

/// For container platforms, which start a program in the container to learn how it is.
struct HealthCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "healthcheck",
        abstract: "Ask the gateway on this machine whether it is ready: exit 0, else 1."
    )

    @Option(help: ArgumentHelp("Its listen.admin.", valueName: "host:port"))
    var admin = "127.0.0.1:9090"

    func run() async throws {
        let address: ListenAddress
        do { address = try ListenAddress(parsing: self.admin) } catch {
            throw ValidationError("--admin: \(error), for example 127.0.0.1:9090")
        }
        guard let problem = await HealthProbe.problem(at: address) else { return }
        FileHandle.standardError.write(Data("gatecast: \(problem)\n".utf8))
        throw ExitCode.failure
    }
}
