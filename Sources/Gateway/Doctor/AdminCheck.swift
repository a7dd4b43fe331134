// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import Settings

/// What the running gateway says about itself: readiness, open files, whether it runs the file as it is now.
struct AdminCheck {
    var settings: GatewaySettings
    var http: DoctorHTTP
    var now: Date

    /// Each live client is one descriptor, each proxied request up to two.
    static let fewFiles = 4_096.0

    func findings() async -> [Finding] {
        let address = settings.admin.listen
        let subject = "listen.admin \(address)"
        switch await http.get("http://\(address)/readyz") {
        case .failure(let error):
            return [
                Finding(
                    .problem,
                    "gateway-running",
                    subject,
                    saw: "\(error)",
                    fix:
                        "start it (gatecast serve), or name the configuration it runs with: gatecast doctor --config FILE"
                )
            ]
        case .success(let answer):
            var findings: [Finding] = []
            if answer.status != 200 {
                let fix = "the member that is not \"ok\" names the cause; until then balancers send nothing here"
                findings.append(Finding(.problem, "gateway-ready", subject, saw: "/readyz: \(answer.body)", fix: fix))
            }
            if case .success(let metrics) = await http.get("http://\(address)/metrics") {
                findings += Self.findings(inMetrics: metrics.body, subject: subject)
            }
            if settings.admin.token == nil {
                findings.append(
                    Finding(
                        .warning,
                        "admin-token",
                        "admin.token",
                        saw: "not set: publish, disconnect, sessions and reload are refused",
                        fix: "admin: { token: \"${GATECAST_ADMIN_TOKEN}\" }, made by openssl rand -base64 32"
                    )
                )
            }
            return findings
        }
    }

    static func findings(inMetrics text: String, subject: String) -> [Finding] {
        var findings: [Finding] = []
        if let limit = value(of: "process_max_fds", in: text), limit < fewFiles {
            findings.append(
                Finding(
                    .warning,
                    "file-descriptors",
                    subject,
                    saw: "the gateway may open \(Int(limit)) files, and every live client is one",
                    fix: "ulimit -n 65536 before it starts, LimitNOFILE=65536 in its unit, or ulimits in compose.yaml"
                )
            )
        }
        if let open = value(of: "process_open_fds", in: text), let limit = value(of: "process_max_fds", in: text),
            open > limit * 0.8
        {
            findings.append(
                Finding(
                    .problem,
                    "file-descriptors-used",
                    subject,
                    saw: "\(Int(open)) of \(Int(limit)) files are open: new connections will soon be refused",
                    fix: "LimitNOFILE=65536 in its unit, or fewer connections per node"
                )
            )
        }
        return findings
    }

    /// Of a series without labels.
    static func value(of name: String, in text: String) -> Double? {
        text.split(separator: "\n").first { $0.hasPrefix(name + " ") }.flatMap { Double($0.dropFirst(name.count + 1)) }
    }
}
