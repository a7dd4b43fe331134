// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ArgumentParser
internal import Foundation
internal import ServiceKit
internal import Users

struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "List, add and drop the keys that sign tokens. A running service follows within ten seconds.",
        subcommands: [List.self, Rotate.self, Drop.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show the keys in the order of their lives.")
        @OptionGroup var settings: SettingsOption

        func run() async throws {
            try await self.settings.withConsole { console in
                for key in try await console.listKeys() { print(KeysCommand.line(key)) }
            }
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the next key. It is published at once and signs an hour later."
        )
        @OptionGroup var settings: SettingsOption

        @Flag(help: "Sign with it at once: for a key that has leaked. Then drop that one.")
        var now = false

        func run() async throws {
            try await self.settings.withConsole { console in
                print(KeysCommand.line(try await console.rotate(atOnce: self.now)))
            }
        }
    }

    struct Drop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forget a key and remove its file: tokens it signed are refused from the next fetch on."
        )
        @OptionGroup var settings: SettingsOption
        @Argument(help: "As shown by: users-service keys list") var kid: String

        func run() async throws {
            try await self.settings.withConsole { console in
                try await console.drop(self.kid)
                print("dropped kid \(self.kid)")
            }
        }
    }

    private static func line(_ key: UsersConsole.Key) -> String {
        let from = Instant.text(milliseconds: key.signsFrom * 1000)
        return "kid \(key.kid)  \(key.algorithm)  \(key.isSigning ? "signs" : "verifies")  from \(from)"
    }
}
