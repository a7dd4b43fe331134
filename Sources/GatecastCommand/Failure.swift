// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ArgumentParser
internal import Edge
internal import Foundation
internal import Settings

/// Ends the command with a sentence on standard error and the exit code that scripts rely on.
enum Failure {
    /// sysexits' EX_CONFIG: the configuration is wrong, starting again will not help.
    static let configuration = ExitCode(78)

    /// Runs `body`; a wrong setting is printed (file, line, what to write) and ends with 78, any other error with 1.
    static func reported<T>(_ body: () async throws -> T) async throws -> T {
        do {
            return try await body()
        } catch let error as SettingsError {
            say("\(error)")
            throw configuration
        } catch let error as ExitCode {
            throw error
        } catch let error as ValidationError {
            throw error
        } catch is CancellationError {
            throw ExitCode.failure
        } catch let error as ListenFailure {
            say("\(error)")
            if error.isTaken { say(PortHolder.words(for: error.address.port)) }
            throw ExitCode.failure
        } catch {
            say("\(error)")
            throw ExitCode.failure
        }
    }

    static func say(_ text: String) {
        FileHandle.standardError.write(Data("gatecast: \(text)\n".utf8))
    }
}
