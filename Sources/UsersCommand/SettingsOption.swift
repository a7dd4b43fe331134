// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ArgumentParser
internal import Foundation
internal import ServiceKit
internal import Settings
internal import Users

/// Where settings come from, for every subcommand the same.
struct SettingsOption: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("Read settings from this YAML file.", valueName: "file"))
    var config: String?

    /// Runs `body` on the data that the settings name. A refusal is said in its own words and ends with code 1, a wrong
    /// setting with 78.
    func withConsole(_ body: (UsersConsole) async throws -> Void) async throws {
        do {
            let settings = try ServiceSettings.load(
                service: UsersApp.name,
                environment: ProcessInfo.processInfo.environment,
                file: self.config,
                extraKeys: UsersSettings.keys
            )
            try await body(UsersConsole(settings: settings))
        } catch let error as SettingsError {
            Self.say("\(error)")
            throw ExitCode(ServiceMain.badSettings)
        } catch {
            Self.say("\(error)")
            throw ExitCode(1)
        }
    }

    private static func say(_ text: String) {
        FileHandle.standardError.write(Data("users-service: \(text)\n".utf8))
    }
}
