// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Edge
package import Foundation
package import NIOCore
internal import Redis
internal import Settings
internal import Tokens
internal import Upstreams

/// Looks at a running set-up for the traps people fall into, and names the setting that gets them out.
///
/// It asks the addresses of the configuration and nothing else, a handful of GETs each, every one bounded in time and bytes. It
/// changes nothing: no login, no POST to an upstream.
package struct Doctor: Sendable {
    package struct Report: Sendable {
        /// The worst first.
        package var findings: [Finding]
        /// What was looked at.
        package var checked: [String]

        package var isHealthy: Bool { !findings.contains { $0.level == .problem } }
    }

    let settings: GatewaySettings
    let environment: [String: String]
    let group: any EventLoopGroup
    let now: @Sendable () -> Date

    package init(
        settings: GatewaySettings,
        environment: [String: String],
        group: any EventLoopGroup,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.settings = settings
        self.environment = environment
        self.group = group
        self.now = now
    }

    package func examine() async -> Report {
        let http = DoctorHTTP(group: group)
        var report = Report(findings: [], checked: [])
        await withTaskGroup(of: (String, [Finding]).self) { tasks in
            for check in checks(http) {
                tasks.addTask { (check.name, await check.run()) }
            }
            for await (name, findings) in tasks {
                report.checked.append(name)
                report.findings += findings
            }
        }
        await http.close()
        report.checked.sort()
        report.findings.sort { ($0.level, $0.check, $0.subject) < ($1.level, $1.check, $1.subject) }
        return report
    }

    private struct Check: Sendable {
        var name: String
        var run: @Sendable () async -> [Finding]
    }

    private func checks(_ http: DoctorHTTP) -> [Check] {
        let origin = settings.edge.origins[0]
        var checks = [
            Check(name: "files") { FileCheck(settings: settings, now: now()).findings() },
            Check(name: "admin listener") { await AdminCheck(settings: settings, http: http, now: now()).findings() },
            Check(name: "public listener") {
                await ListenerCheck(settings: settings, environment: environment, http: http).publicFindings()
            },
        ]
        if settings.edge.internalListen != nil {
            checks.append(
                Check(name: "internal listener") {
                    await ListenerCheck(settings: settings, environment: environment, http: http).internalFindings()
                }
            )
        }
        for upstream in settings.upstreams {
            let prefixes = settings.edge.routes.filter { $0.upstream == upstream.name }.map(\.prefix)
            for address in upstream.endpoints {
                let probe = UpstreamProbe(
                    name: upstream.name,
                    address: address,
                    origin: origin,
                    prefixes: prefixes,
                    idle: upstream.idle,
                    http: http
                )
                checks.append(
                    Check(name: "upstreams.\(upstream.name) \(address)") {
                        let seen = await probe.observe()
                        return UpstreamDiagnosis(seen: seen, origin: origin, settings: settings, now: now()).findings()
                    }
                )
            }
        }
        for issuer in settings.issuers {
            guard let url = issuer.jwksURL else { continue }
            checks.append(Check(name: "issuer \(issuer.label)") { await IssuerCheck(url: url, http: http).findings() })
        }
        if let redis = settings.redis {
            checks.append(
                Check(name: "redis") {
                    switch await RedisProbe(settings: redis, loop: group.next()).observe() {
                    case .success(let seen): RedisDiagnosis(seen: seen, now: now()).findings()
                    case .failure(let error): RedisDiagnosis.unreachable(error)
                    }
                }
            )
        }
        return checks
    }
}
