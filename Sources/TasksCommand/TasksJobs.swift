// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ArgumentParser
internal import Foundation
internal import ServiceKit
internal import Settings
internal import Store
internal import Tasks

struct TasksJobs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs",
        abstract: "Look after the service's jobs: reminders and clean-up.",
        discussion: """
            tasks-service jobs list                    what waits, runs or failed, newest first
            tasks-service jobs list --state failed
            tasks-service jobs show 17                 all of one, as JSON
            tasks-service jobs retry 17                due now, with all attempts before it
            tasks-service jobs cancel 17               never starts; a running one stops at its next sign of life

            Works on the store itself (DATA), beside a running service or without one.
            """,
        subcommands: [JobsList.self, JobsShow.self, JobsRetry.self, JobsCancel.self]
    )
}

struct JobsOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The service's settings, as it runs with them.", valueName: "file"))
    var config: String?

    /// Prints what `body` answers; what went wrong is a sentence on standard error, and exit code 78 for settings, else 1.
    func run(_ body: (JobDesk) async throws -> String) async throws {
        do {
            let settings = try ServiceSettings.load(
                service: TasksApp.name,
                environment: ProcessInfo.processInfo.environment,
                file: self.config,
                extraKeys: TasksSettings.keys
            )
            print(try await body(JobDesk.open(settings, migrations: SQLiteTaskRepository.migrations)))
        } catch {
            FileHandle.standardError.write(Data("tasks-service: \(error)\n".utf8))
            throw ExitCode(error is SettingsError ? ServiceMain.badSettings : 1)
        }
    }
}

struct JobsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List jobs, newest first.")

    @OptionGroup var options: JobsOptions

    @Option(help: "waiting, running, done, failed or cancelled; repeat it for several. All but the done ones without.")
    var state: [Job.State] = []

    @Option(help: "Only of this kind.")
    var kind: String?

    @Option(help: "At most so many.")
    var limit = 100

    func validate() throws {
        guard (1...100_000).contains(self.limit) else { throw ValidationError("--limit goes from 1 to 100000.") }
    }

    func run() async throws {
        try await self.options.run { try await $0.list(states: self.state, kind: self.kind, limit: self.limit) }
    }
}

extension Job.State: ExpressibleByArgument {}

struct JobsShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Print one job as JSON.")
    @OptionGroup var options: JobsOptions
    @Argument(help: "As `list` prints it") var id: Int64
    func run() async throws { try await self.options.run { try await $0.show(self.id) } }
}

struct JobsRetry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "retry", abstract: "Make a job due now.")
    @OptionGroup var options: JobsOptions
    @Argument(help: "As `list` prints it") var id: Int64
    func run() async throws { try await self.options.run { try await $0.retry(self.id) } }
}

struct JobsCancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "cancel", abstract: "Cancel a job that has not ended.")
    @OptionGroup var options: JobsOptions
    @Argument(help: "As `list` prints it") var id: Int64
    func run() async throws { try await self.options.run { try await $0.cancel(self.id) } }
}
