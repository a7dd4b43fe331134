// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Edge
internal import Foundation

/// Files the configuration names: keys that others can read, certificates that end or do not name an origin.
struct FileCheck {
    var settings: GatewaySettings
    var now: Date

    static let certificateWarning: TimeInterval = 14 * 86_400

    func findings() -> [Finding] {
        var findings: [Finding] = []
        for pair in settings.edge.certificates { findings += secrecy(of: pair.key, what: "a private key") }
        findings += secrecy(of: settings.data, what: "the embedded stores and keys")
        let facts: [CertificateFacts]
        do { facts = try CertificateFacts.read(settings.edge.certificates) } catch {
            return findings + [
                Finding(
                    .problem,
                    "certificate-pair",
                    "tls",
                    saw: "\(error)",
                    fix:
                        "tls: { certificate: …, key: … } with a pair that belongs together; gatecast certs makes one for localhost"
                )
            ]
        }
        return findings + facts.flatMap(dates) + uncovered(by: facts)
    }

    /// Nothing for what is not there: others complain about that.
    private func secrecy(of path: String, what: String) -> [Finding] {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        guard let mode = attributes?[.posixPermissions] as? Int, mode & 0o077 != 0 else { return [] }
        let isFolder = attributes?[.type] as? FileAttributeType == .typeDirectory
        return [
            Finding(
                .problem,
                "file-permissions",
                path,
                saw: "\(what), and its mode is \(String(mode, radix: 8)): others on this machine may open it",
                fix: "chmod \(isFolder ? "700" : "600") \(path)"
            )
        ]
    }

    private func dates(of certificate: CertificateFacts) -> [Finding] {
        let fix = "renew it in place (gatecast certs for the local one); a running gateway notices by itself"
        if let problem = certificate.problem(now: now) {
            return [Finding(.problem, "certificate-expiry", certificate.path, saw: problem, fix: fix)]
        }
        let left = certificate.notAfter.timeIntervalSince(now)
        guard left < Self.certificateWarning else { return [] }
        let saw = "ends in \(Int(left / 86_400)) days, on \(certificate.notAfter.ISO8601Format())"
        return [Finding(.warning, "certificate-expiry", certificate.path, saw: saw, fix: fix)]
    }

    private func uncovered(by certificates: [CertificateFacts]) -> [Finding] {
        settings.edge.origins.filter { origin in !certificates.contains { $0.covers(origin.host) } }.map { origin in
            let names = certificates.flatMap(\.names).joined(separator: ", ")
            return Finding(
                .problem,
                "certificate-names",
                "origins \(origin)",
                saw: "no certificate names \(origin.host), only \(names)",
                fix:
                    "a certificate for \(origin.host) under tls (gatecast certs --host \(origin.host) for a local name)"
            )
        }
    }
}
