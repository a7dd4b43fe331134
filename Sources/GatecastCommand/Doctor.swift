// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ArgumentParser
internal import Foundation
internal import Gateway
internal import NIOPosix
internal import Settings
internal import StrictJSON

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look at a running set-up for known traps, and name the setting that mends each.",
        discussion: """
            Asks the addresses of the configuration, a few GETs each, and changes nothing. Run it where the gateway runs, with the
            environment it has. Exit 0 where nothing is broken (warnings may be there), 1 where something is, 78 where the
            configuration itself is wrong.
            """
    )

    @Option(help: ArgumentHelp("The configuration the gateway runs with.", valueName: "file"))
    var config: String = "gatecast.yaml"

    @Flag(help: "Print one JSON object instead of text for people.")
    var json = false

    func run() async throws {
        try await Failure.reported {
            let environment = ProcessInfo.processInfo.environment
            let settings = try GatewaySettings.load(file: config, environment: environment)
            let doctor = Doctor(
                settings: settings,
                environment: environment,
                group: MultiThreadedEventLoopGroup.singleton
            )
            let report = await doctor.examine()
            print(json ? Self.document(report) : Self.text(report))
            guard report.isHealthy else { throw ExitCode.failure }
        }
    }

    static func document(_ report: Doctor.Report) -> String {
        let value = JSONValue.object([
            .init(name: "healthy", value: .bool(report.isHealthy)),
            .init(name: "checked", value: .array(report.checked.map { .string($0) })),
            .init(name: "findings", value: .array(report.findings.map(\.json))),
        ])
        return String(decoding: value.encoded(), as: UTF8.self)
    }

    static func text(_ report: Doctor.Report) -> String {
        var lines: [String] = []
        for finding in report.findings {
            lines.append("\(finding.level.rawValue): \(finding.check)  [\(finding.subject)]")
            lines.append("    saw: \(finding.saw)")
            lines.append("    fix: \(finding.fix)")
        }
        let counts = Finding.Level.allCases.map { level in
            "\(report.findings.count { $0.level == level }) \(level.rawValue)s"
        }
        lines.append("\(report.checked.count) places looked at: \(counts.joined(separator: ", "))")
        return lines.joined(separator: "\n")
    }
}
