// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ArgumentParser
internal import EventLog
internal import Foundation
internal import Gateway
internal import LocalCA
internal import Logging
internal import NIOPosix
internal import Notifications
internal import Observability
internal import ServiceKit
internal import ServiceLifecycle
internal import Settings
internal import Tasks
internal import Users

struct Up: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run everything in one process: gateway, users, tasks and notifications.",
        discussion: """
            Needs no file: makes the data folder, keys, an admin token and certificates on first start, and serves a page at /.
            With --config FILE that configuration is used, and the three services listen where its upstreams point.
            """
    )

    @Option(help: ArgumentHelp("Use this configuration instead of the built-in one.", valueName: "file"))
    var config: String?
    @Option(help: ArgumentHelp("Folder of keys and embedded stores.", valueName: "dir"))
    var data: String?
    @Option(help: ArgumentHelp("Public HTTPS address.", valueName: "addr"))
    var listen: String?
    @Option(
        name: .customLong("internal"),
        help: ArgumentHelp("Internal HTTP address, for server-side rendering.", valueName: "addr")
    )
    var internalListen: String?
    @Option(help: ArgumentHelp("Admin HTTP address.", valueName: "addr"))
    var admin: String?
    @Option(help: ArgumentHelp("Use this Redis for log, sessions and events.", valueName: "url"))
    var redis: String?
    @Option(help: "Log as json, or as console for people. Default: what standard error is.")
    var log: LogFormat = isatty(2) == 1 ? .console : .json

    func run() async throws {
        try await Failure.reported {
            let telemetry = Telemetry.install(format: log, environment: ProcessInfo.processInfo.environment)
            try await UpProcess(options: self, telemetry: telemetry).run()
        }
    }
}

extension LogFormat: ExpressibleByArgument {}
