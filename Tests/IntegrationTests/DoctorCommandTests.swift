// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import StrictJSON
internal import TestSupport
internal import Testing

/// `gatecast doctor` beside a running gateway.
@Suite("The doctor's command", .timeLimit(.minutes(5)))
struct DoctorCommandTests {
    /// The file with the ports the gateway was given, as the doctor has to find it.
    private func examine(_ gateway: LoneGateway, upstream: Int, _ arguments: [String] = []) async throws -> CommandRun {
        let text = LoneGateway.text(upstream: upstream, public: gateway.publicPort)
            .replacing("internal: \"127.0.0.1:0\"", with: "internal: \"127.0.0.1:\(gateway.internalPort)\"")
            .replacing("admin: \"127.0.0.1:0\"", with: "admin: \"127.0.0.1:\(gateway.adminPort)\"")
        try gateway.folder.write("doctor.yaml", text)
        return try await CommandRun.run(
            "gatecast",
            ["doctor", "--config", "doctor.yaml"] + arguments,
            environment: ["GATECAST_ADMIN_TOKEN": LoneGateway.adminToken],
            in: gateway.folder.path
        )
    }

    @Test("A sound set-up exits 0; a service that is down exits 1 and is named with what to do")
    func command() async throws {
        let gateway = try await LoneGateway.start()
        let sound = try await examine(gateway, upstream: gateway.upstream.port, ["--json"])
        #expect(sound.code == 0, "\(sound.output) \(sound.errors)")
        let document = try JSONScanner.parse(Array(sound.output.utf8))
        #expect(document["healthy"] == true)
        let found = Set((document["findings"]?.array ?? []).compactMap { $0["check"]?.string })
        // The run's certificate lasts a day, and nobody trusts its authority.
        #expect(found.isSuperset(of: ["certificate-expiry", "certificate-trust", "node-extra-ca-certs"]), "\(found)")
        let checked = document["checked"]?.array ?? []
        #expect(checked.contains("public listener"))

        let broken = try await examine(gateway, upstream: try FreePort.find())
        #expect(broken.code == 1)
        #expect(broken.output.contains("problem: upstream-reachable"))
        #expect(broken.output.contains("    fix: start the service, or correct upstreams.app"))
        #expect(!broken.output.contains(LoneGateway.adminToken))
        #expect(await gateway.end() == 0)

        let stopped = try await examine(gateway, upstream: try FreePort.find())
        #expect(stopped.code == 1)
        for check in ["gateway-running", "public-listener", "internal-listener"] {
            #expect(stopped.output.contains("problem: \(check)"), "\(stopped.output)")
        }
    }
}
