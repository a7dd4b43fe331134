// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import TestSupport
internal import Testing

/// `scripts/live-conformance`, which knows the protocol and not us, against a gateway as it is shipped.
@Suite("Live protocol")
struct LiveProtocolTests {
    private static let python = ["/usr/bin/python3", "/usr/local/bin/python3"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    private static let script =
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path + "/scripts/live-conformance"

    @Test("Every case of the conformance suite passes", .enabled(if: python != nil), .timeLimit(.minutes(5)))
    func conforms() async throws {
        let folder = try ScratchFolder()
        let certificates = try await CommandRun.run("gatecast", ["certs", "--directory", "certs"], in: folder.path)
        #expect(certificates.code == 0, "\(certificates.errors)")
        let configuration = """
            listen:    { public: "127.0.0.1:0", admin: "127.0.0.1:\(try FreePort.find())" }
            origins:   ["https://localhost:8443"]
            tls:       { certificate: certs/localhost.pem, key: certs/localhost-key.pem }
            admin:     { token: "\(ConfigurationFile.adminToken)" }
            live:      { anonymous: [conformance] }
            drain:     { notReady: 0s }

            """
        try folder.write("gatecast.yaml", configuration)
        let gateway = try ProductProcess("gatecast", ["serve", "--config", "gatecast.yaml"], in: folder.path)
        let port = try await gateway.port(of: "public")
        let publish = "\(ProductProcess.folder)/gatecast publish --config gatecast.yaml conformance {json}"
        let run = try await CommandRun.run(
            try #require(Self.python),
            [
                Self.script, "--url", "https://localhost:\(port)", "--host", "localhost:8443", "--ca", "certs/ca.pem",
                "--anonymous", "--topic", "conformance", "--publish", publish, "--ephemeral", publish + " --ephemeral",
            ],
            in: folder.path
        )
        #expect(run.code == 0, "\(run.output)\n\(run.errors)\n\(gateway.logText)")
        #expect(run.output.contains("cases, 0 failed"), "\(run.output)")
        #expect(await gateway.end() == 0)
    }
}
