// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import StrictJSON
internal import Testing

/// What Prometheus and Grafana are given, judged by promtool and by a gateway that has served something of everything.
@Suite("Prometheus and Grafana", .enabled(if: Promtool.isAvailable), .timeLimit(.minutes(5)))
struct PrometheusTests {
    private static let deploy = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("deploy").path

    @Test("A live /metrics passes promtool, and has every metric that the dashboard and the alerts name")
    func live() async throws {
        let text = try await Self.metricsOfABusyGateway()
        let check = try await Promtool.run(["check", "metrics"], input: text)
        #expect(check.code == 0, "\(check.output)\(check.errors)")

        let known = Self.names(in: text)
        #expect(known.contains("gatecast_requests_total") && known.contains("process_open_fds"))
        let dashboard = try Self.dashboardQueries()
        #expect(dashboard.count > 30)
        let alerts = try String(contentsOfFile: "\(Self.deploy)/prometheus/alerts.yml", encoding: .utf8)
        for query in dashboard + [alerts] {
            for name in Self.names(usedIn: query) {
                if !known.contains(name) { Issue.record("no live metric is called \(name)") }
            }
        }
    }

    @Test("The scrape configuration and its alerts are valid")
    func configuration() async throws {
        let check = try await Promtool.run(["check", "config", "\(Self.deploy)/prometheus/prometheus.yml"])
        #expect(check.code == 0, "\(check.output)\(check.errors)")
        #expect(check.output.contains("alerts.yml"))
    }

    @Test("Each alert fires on what it is about, and not on a healthy gateway")
    func alerts() async throws {
        let check = try await Promtool.run(["test", "rules", "\(Self.deploy)/prometheus/alerts.test.yml"])
        #expect(check.code == 0, "\(check.output)\(check.errors)")
    }

    @Test("Every query of the dashboard is PromQL")
    func queries() async throws {
        let folder = try ScratchFolder()
        var rules = "groups:\n  - name: dashboard\n    rules:\n"
        for (index, query) in try Self.dashboardQueries().enumerated() where !query.hasPrefix("label_values(") {
            let plain = query.replacing("$__rate_interval", with: "5m").replacing(/\$[a-z]+/, with: ".*")
            rules += "      - record: query:\(index)\n        expr: \(JSONText.quoted(plain))\n"
        }
        try folder.write("rules.yml", rules)
        let check = try await Promtool.run(["check", "rules", "\(folder.path)/rules.yml"])
        #expect(check.code == 0, "\(check.output)\(check.errors)")
        #expect(check.output.contains("SUCCESS"))
    }

    // MARK: Parts

    private static func metricsOfABusyGateway() async throws -> String {
        let folder = try ScratchFolder()
        let process = try ProductProcess("gatecast", UpTests.arguments, in: folder.path)
        let port = try await process.port(of: "public")
        let browser = Browser(port: port, authority: "localhost:\(port)", caPath: "\(folder.path)/certs/ca.pem")
        let account = #"{"username":"flo","password":"correct horse battery"}"#
        let registered = try await browser.send("POST", "/auth/register", json: account)
        let user = try #require(registered.json?["user"]?["id"]?.string, "\(registered.body)")
        var live = try await LiveFrames.open(browser)
        let published = try await CommandRun.run("gatecast", ["publish", "user.\(user)", #"{"n":1}"#], in: folder.path)
        #expect(published.code == 0)
        #expect(try await live.nextEvent()["data"]?["n"]?.integer == 1)
        #expect(try await browser.send("GET", "/api/tasks/").status == 200)
        #expect(try await browser.send("GET", "/nowhere/at/all").status == 404)
        let admin = try await process.port(of: "admin")
        let metrics = try await PlainHTTP.send("GET", port: admin, "/metrics")
        #expect(metrics.status == 200)
        #expect(await process.end() == 0, "\(process.logText)")
        return metrics.body
    }

    /// Of the series, as queries name them.
    private static func names(in exposition: String) -> Set<String> {
        var names: Set<String> = []
        for line in exposition.split(separator: "\n") where !line.hasPrefix("#") {
            names.insert(String(line.prefix { $0 != "{" && $0 != " " }))
        }
        return names
    }

    private static func names(usedIn query: String) -> [String] {
        query.matches(of: /\b(?:gatecast|process|service)_[a-z0-9_]+/).map { String($0.output) }
    }

    /// The queries of all panels and variables.
    private static func dashboardQueries() throws -> [String] {
        let file = try Data(contentsOf: URL(fileURLWithPath: "\(Self.deploy)/grafana/gatecast.json"))
        let dashboard = try JSONScanner.parse(Array(file))
        let panels = dashboard["panels"]?.array ?? []
        let variables = dashboard["templating"]?["list"]?.array ?? []
        return panels.flatMap { $0["targets"]?.array ?? [] }.compactMap { $0["expr"]?.string }
            + variables.filter { $0["type"]?.string == "query" }.compactMap { $0["query"]?.string }
    }
}

/// Prometheus' own judge, from Debian's package.
enum Promtool {
    static let executable = "/usr/bin/promtool"
    static var isAvailable: Bool { FileManager.default.isExecutableFile(atPath: executable) }

    static func run(_ arguments: [String], input: String = "") async throws -> CommandRun {
        try await CommandRun.run(executable, arguments, input: input, in: "/")
    }
}
