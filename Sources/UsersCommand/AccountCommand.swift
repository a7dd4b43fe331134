// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ArgumentParser
internal import Users

struct AccountCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "account",
        abstract: "Disable, enable and unlock accounts, and give roles.",
        subcommands: [Disable.self, Enable.self, Unlock.self, Roles.self]
    )

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let nobody log in or refresh. To end open sessions at once, revoke the user at the gateway too."
        )
        @OptionGroup var settings: SettingsOption
        @Argument var username: String

        func run() async throws {
            try await self.settings.withConsole { try await $0.setDisabled(true, username: self.username) }
        }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take `disable` back.")
        @OptionGroup var settings: SettingsOption
        @Argument var username: String

        func run() async throws {
            try await self.settings.withConsole { try await $0.setDisabled(false, username: self.username) }
        }
    }

    struct Unlock: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Forget failed logins.")
        @OptionGroup var settings: SettingsOption
        @Argument var username: String

        func run() async throws {
            try await self.settings.withConsole { try await $0.unlock(username: self.username) }
        }
    }

    struct Roles: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set the roles that new tokens carry; none takes them all away."
        )
        @OptionGroup var settings: SettingsOption
        @Argument var username: String
        @Argument var roles: [String] = []

        func run() async throws {
            try await self.settings.withConsole { try await $0.setRoles(self.roles, username: self.username) }
        }
    }
}
