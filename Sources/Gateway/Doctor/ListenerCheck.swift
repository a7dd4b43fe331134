// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Edge
internal import Foundation
internal import Settings

/// The two doors as their users find them: trust, host names, an event stream that arrives unbuffered and uncompressed.
struct ListenerCheck {
    var settings: GatewaySettings
    var environment: [String: String]
    var http: DoctorHTTP

    // MARK: Public

    func publicFindings() async -> [Finding] {
        let origin = settings.edge.origins[0]
        let subject = "listen.public \(settings.edge.publicListen)"
        switch await ask("/live?anonymous=1", trusting: nil, Self.stream) {
        case .success(let answer):
            return judge(answer, origin: origin, subject: subject)
        case .failure(let error):
            guard let authority = authority else { return [unreachable(error, subject)] }
            guard case .success(let answer) = await ask("/live?anonymous=1", trusting: authority, Self.stream) else {
                return [unreachable(error, subject)]
            }
            return judge(answer, origin: origin, subject: subject) + [untrusted(origin, authority)] + node(authority)
        }
    }

    private static let stream = [("accept", "text/event-stream"), ("accept-encoding", "gzip")]

    private func ask(_ path: String, trusting authority: String?, _ headers: [(String, String)]) async
        -> Result<DoctorHTTP.Answer, DoctorHTTP.Failure>
    {
        let origin = settings.edge.origins[0]
        let listen = settings.edge.publicListen
        let any = ["0.0.0.0": "127.0.0.1", "::": "::1"]
        return await http.get(
            path,
            at: any[listen.host] ?? listen.host,
            port: listen.port,
            host: origin.host,
            trusting: authority,
            [("host", origin.authority)] + headers
        )
    }

    /// A local authority: beside the certificate, where `gatecast certs` puts it, or what Node was told to trust.
    private var authority: String? {
        let folder = (settings.edge.tls.certificate as NSString).deletingLastPathComponent
        let candidates = [environment["NODE_EXTRA_CA_CERTS"], folder.isEmpty ? "ca.pem" : "\(folder)/ca.pem"]
        return candidates.compactMap(\.self).first { FileManager.default.isReadableFile(atPath: $0) }
    }

    private func judge(_ answer: DoctorHTTP.Answer, origin: PublicOrigin, subject: String) -> [Finding] {
        var findings: [Finding] = []
        if answer.status == 421 {
            findings.append(
                Finding(
                    .problem,
                    "host-not-served",
                    subject,
                    saw: "421 for the Host \(origin.authority), so it runs another configuration than this file",
                    fix: "gatecast reload, or name the file it was started with: --config FILE"
                )
            )
        }
        if let coding = answer["content-encoding"], coding != "identity" {
            findings.append(
                Finding(
                    .problem,
                    "stream-compressed",
                    subject,
                    saw: "the event stream comes \(coding)-coded, and a compressor holds small events back",
                    fix:
                        "turn compression off for text/event-stream in whatever stands between; Gatecast never compresses"
                )
            )
        }
        return findings
    }

    private func unreachable(_ error: DoctorHTTP.Failure, _ subject: String) -> Finding {
        Finding(
            .problem,
            "public-listener",
            subject,
            saw: "\(error)",
            fix:
                "start the gateway, or correct listen.public, origins and tls; the certificate must chain to a trusted root"
        )
    }

    private func untrusted(_ origin: PublicOrigin, _ authority: String) -> Finding {
        Finding(
            .note,
            "certificate-trust",
            "tls",
            saw: "this machine does not trust the authority of \(settings.edge.tls.certificate) (\(authority))",
            fix: "gatecast certs trust prints the line for the system, the browser and Node"
        )
    }

    /// Node reads its own list, once, at its start.
    private func node(_ authority: String) -> [Finding] {
        guard let told = environment["NODE_EXTRA_CA_CERTS"] else {
            return [
                Finding(
                    .note,
                    "node-extra-ca-certs",
                    "NODE_EXTRA_CA_CERTS",
                    saw: "not set here; server code of Node that calls the public origin would refuse its certificate",
                    fix:
                        "call listen.internal over plain HTTP instead, or start Node with NODE_EXTRA_CA_CERTS=\(authority)"
                )
            ]
        }
        guard !FileManager.default.isReadableFile(atPath: told) else { return [] }
        return [
            Finding(
                .problem,
                "node-extra-ca-certs",
                "NODE_EXTRA_CA_CERTS",
                saw: "names \(told), which cannot be read; Node then says so once and trusts nothing more",
                fix: "NODE_EXTRA_CA_CERTS=\(authority)"
            )
        ]
    }

    // MARK: Internal

    func internalFindings() async -> [Finding] {
        guard let listen = settings.edge.internalListen else { return [] }
        let subject = "listen.internal \(listen)"
        switch await http.get(
            "http://\(listen)/live?poll=1",
            [("host", settings.edge.internalHosts.first ?? "localhost")]
        ) {
        case .failure(let error):
            let fix =
                "start the gateway, or correct listen.internal and internal.allowFrom: server-side rendering asks here"
            return [Finding(.problem, "internal-listener", subject, saw: "\(error)", fix: fix)]
        case .success(let answer) where answer.status == 421:
            let fix = "internal: { hosts: [\"localhost\", …] } with every name page servers use"
            return [
                Finding(.problem, "internal-hosts", subject, saw: "421 for \(settings.edge.internalHosts)", fix: fix)
            ]
        case .success:
            return []
        }
    }
}
