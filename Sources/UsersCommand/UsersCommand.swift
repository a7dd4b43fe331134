// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ArgumentParser
internal import ServiceCommand
internal import ServiceKit
internal import Users

@main
struct UsersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "users-service",
        abstract: "Users of Gatecast: registration, login, refresh, keys.",
        discussion: "Settings come from the environment or from a YAML file; see Sources/UsersCommand/README.md.",
        version: ServiceMain.version,
        subcommands: [
            RunCommand.self, KeysCommand.self, ImportCommand.self, AccountCommand.self, HealthCheck<UsersIdentity>.self,
        ],
        defaultSubcommand: RunCommand.self
    )
}

enum UsersIdentity: ServiceIdentity {
    static let service = UsersApp.name
    static let settingsKeys = UsersSettings.keys
}
