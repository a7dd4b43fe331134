// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Edge
internal import Foundation
internal import Upstreams

/// Never a worse configuration for a good one: what the settings' own rules accept, and a running gateway still does not. Pure.
struct ReloadRules {
    /// Sections that are built into the process at its start.
    static let needRestart: Set<String> = [
        "admin", "data", "listen", "live", "profile", "redis", "sessions", "tracing",
    ]

    /// How many routes are in force.
    var routes: Int
    /// The upstream that logs people in; nil where nobody can.
    var loginUpstream: String?
    var now: Date

    /// Why `next` must not replace what runs, in a sentence that says what to do; nil: it may.
    func objection(
        to next: GatewaySettings,
        certificates: [CertificateFacts],
        origins: [PublicOrigin],
        replacing old: [CertificateFacts]
    ) -> String? {
        if next.edge.routes.isEmpty, routes > 0 {
            return "routes: the list is empty, and the running gateway has \(routes). "
                + "If that is meant, restart instead"
        }
        if let loginUpstream, !next.upstreams.contains(where: { $0.name == loginUpstream }) {
            return "upstreams: \"\(loginUpstream)\" is gone, and the running gateway logs people in there. "
                + "Keep it, or change sessions.upstream too and restart"
        }
        return certificateObjection(to: certificates, origins: origins, replacing: old)
    }

    private func certificateObjection(
        to certificates: [CertificateFacts],
        origins: [PublicOrigin],
        replacing old: [CertificateFacts]
    ) -> String? {
        for certificate in certificates where !old.contains(certificate) {
            if let problem = certificate.problem(now: now) { return "tls: \(problem). Write: a pair that is valid now" }
        }
        for origin in origins where old.contains(where: { $0.covers(origin.host) }) {
            guard !certificates.contains(where: { $0.covers(origin.host) }) else { continue }
            return
                "tls: \(certificates.map(\.path).joined(separator: ", ")) does not name \(origin.host), and the certificate in "
                + "use does. Write: one that covers every origin"
        }
        return nil
    }

    /// Sections that differ, in alphabetical order.
    static func difference(_ old: [String: Int], _ new: [String: Int]) -> [String] {
        Set(old.keys).union(new.keys).filter { old[$0] != new[$0] }.sorted()
    }
}
