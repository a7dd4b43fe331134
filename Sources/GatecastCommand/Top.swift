// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ArgumentParser
internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1

struct Top: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Watch one node's live half: rates, connections, and who is furthest behind.",
        discussion: """
            gatecast top                     redraws the terminal every two seconds; Ctrl-C ends it
            gatecast top --once              one report, as when the output is no terminal
            gatecast top --interval 10 >> log
            """
    )

    @OptionGroup var admin: AdminEndpoint.Options

    @Option(help: ArgumentHelp("Seconds between two looks.", valueName: "seconds"))
    var interval = 2

    @Option(help: ArgumentHelp("Connections to list, those furthest behind first.", valueName: "count"))
    var rows = 20

    @Flag(help: "One report, then end.")
    var once = false

    func validate() throws {
        guard (1...3600).contains(interval), (0...1000).contains(rows) else {
            throw ValidationError("--interval is 1 to 3600 seconds, --rows 0 to 1000.")
        }
    }

    func run() async throws {
        try await Failure.reported {
            let isTerminal = isatty(STDOUT_FILENO) == 1 && !once
            var before = try await look()
            if once {
                print(TopReport(now: before, before: nil, width: nil).text)
                return
            }
            while true {
                try await Task.sleep(for: .seconds(interval))
                let now = try await look()
                let report = TopReport(now: now, before: before, width: isTerminal ? Self.width() : nil)
                // Home, the report, and away with what is left of the last one.
                print(isTerminal ? "\u{1B}[H\u{1B}[2J\(report.text)" : report.text)
                fflush(nil)
                before = now
            }
        }
    }

    private func look() async throws -> TopSample {
        let endpoint = try AdminEndpoint.find(admin)
        async let metrics = endpoint.get("/metrics")
        async let connections = endpoint.get("/connections?limit=\(rows)")
        async let ready = endpoint.get("/readyz", accepting: [200, 503])
        return try await TopSample(
            metrics: String(buffer: metrics),
            connections: Array(connections.readableBytesView),
            readiness: Array(ready.readableBytesView),
            at: .now
        )
    }

    private static func width() -> Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
