// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import StrictJSON
internal import TestSupport
internal import Testing

/// Real processes: files change under a serving gateway.
@Suite("Reloading a running gateway", .timeLimit(.minutes(5)))
struct ReloadTests {
    private static let both =
        "- { prefix: /api/, upstream: app, auth: none }\n  - { prefix: /more/, upstream: app, auth: none }"

    @Test("A changed file is in force without a word said, and the log and the metrics tell")
    func fileChange() async throws {
        let gateway = try await LoneGateway.start()
        let browser = gateway.browser()
        #expect(try await browser.send("GET", "/more/").status == 404)
        try gateway.configure(routes: Self.both)
        #expect(try await gateway.logged("configuration reloaded", "changed") == "routes")
        #expect(try await browser.send("GET", "/more/").status == 200)
        #expect(try await gateway.metric(#"gatecast_config_reloads_total{result="applied"}"#) == 1)
        #expect(try await gateway.metric("gatecast_config_loaded_timestamp_seconds") ?? 0 > 1_700_000_000)
        let expiry = try await gateway.metric(
            #"gatecast_certificate_expiry_timestamp_seconds{certificate="certs/localhost.pem"}"#
        )
        #expect(expiry ?? 0 > Date().timeIntervalSince1970)
        #expect(await gateway.end() == 0)
    }

    @Test("Keys and authorities that the file names are watched too; a broken one keeps the old in force")
    func namedFiles() async throws {
        let gateway = try await LoneGateway.start()
        func write(_ certificates: TestCertificates) throws {
            try gateway.folder.write("api-ca.pem", certificates.caPEM)
        }
        try write(.shared)
        let text = LoneGateway.text(upstream: gateway.upstream.port)
            .replacing(
                "upstreams: {",
                with: "upstreams: { api: { endpoints: [\"https://127.0.0.1:9\"], tls: { caFile: api-ca.pem } }, "
            )
        try gateway.folder.write("gatecast.yaml", text)
        #expect(try await gateway.logged("configuration reloaded", "changed") == "upstreams")
        try write(try TestCertificates())
        try await eventually { try await gateway.metric(#"gatecast_config_reloads_total{result="applied"}"#) == 2 }
        try gateway.folder.write("api-ca.pem", "no certificate")
        let error = try await gateway.logged("configuration not reloaded: nothing was changed", "error")
        #expect(error?.contains("api-ca.pem holds no certificates") == true)
        #expect(try await gateway.browser().send("GET", "/api/").status == 200)
        #expect(await gateway.end() == 0)
    }

    @Test("An invalid file changes nothing and says file, line and why; SIGHUP asks again and gets the same answer")
    func invalid() async throws {
        let gateway = try await LoneGateway.start()
        try gateway.configure(routes: "- { prefix: /api/, upstream: app }")
        let error = try await gateway.logged("configuration not reloaded: nothing was changed", "error")
        #expect(error?.contains("gatecast.yaml:8") == true)
        #expect(error?.contains("auth") == true)
        #expect(try await gateway.browser().send("GET", "/api/").status == 200)
        #expect(try await gateway.metric(#"gatecast_config_reloads_total{result="refused"}"#) == 1)
        gateway.process.signal(SIGHUP)
        try await eventually {
            try await gateway.metric(#"gatecast_config_reloads_total{result="refused"}"#) == 2
        }
        #expect(try await gateway.browser().send("GET", "/api/").status == 200)
        #expect(await gateway.end() == 0)
    }

    @Test("`gatecast reload` prints what became of it, also what waits for a restart and what was refused")
    func command() async throws {
        let gateway = try await LoneGateway.start()
        // The tool reads the admin address from the file, which asked for any port.
        func configure(_ routes: String) throws {
            let text = LoneGateway.text(upstream: gateway.upstream.port, routes: routes)
            let address = "admin: \"127.0.0.1:\(gateway.adminPort)\""
            try gateway.folder.write("gatecast.yaml", text.replacing("admin: \"127.0.0.1:0\"", with: address))
        }
        func reload() async throws -> CommandRun {
            try await CommandRun.run(
                "gatecast",
                ["reload", "--config", "gatecast.yaml"],
                environment: ["GATECAST_ADMIN_TOKEN": LoneGateway.adminToken],
                in: gateway.folder.path
            )
        }
        try configure(Self.both)
        let applied = try await reload()
        #expect(applied.code == 0, "\(applied.errors)")
        let document = try JSONScanner.parse(Array(applied.output.utf8))
        // The watch may have been faster.
        #expect(["applied", "unchanged"].contains(document["result"]?.string))
        #expect(document["restart"] == ["listen"])
        #expect(try await gateway.browser().send("GET", "/more/").status == 200)

        try configure("")
        let refused = try await reload()
        #expect(refused.code == 78)
        #expect(refused.errors.contains("routes: the list is empty"))
        #expect(try await gateway.browser().send("GET", "/more/").status == 200)
        #expect(try await PlainHTTP.send("POST", port: gateway.adminPort, "/reload").status == 401)
        #expect(await gateway.end() == 0)
    }

    @Test("A renewed certificate is used for new handshakes; an expired, foreign or mismatched one never is")
    func certificates() async throws {
        let gateway = try await LoneGateway.start()
        let certs = gateway.folder.path + "/certs"
        let expired = try TestCertificates(now: Date(timeIntervalSinceNow: -200_000), lifetime: 3_600)
        let foreign = try TestCertificates(names: ["example.org"], addresses: [])
        for (bad, reason) in [(expired, "expired"), (foreign, "does not name localhost")] {
            try bad.write(to: certs)
            let answer = try await gateway.admin("POST", "/reload")
            #expect(answer.status == 422)
            #expect(answer.body.contains(reason), "\(answer.body)")
        }
        try TestCertificates.shared.write(to: certs)
        try foreign.keyPEM.write(toFile: certs + "/localhost-key.pem", atomically: true, encoding: .utf8)
        let mismatch = try await gateway.admin("POST", "/reload")
        #expect(mismatch.status == 422)
        #expect(mismatch.body.contains("is not the key of"))
        try TestCertificates.shared.write(to: certs)
        #expect(try await gateway.browser().send("GET", "/api/").status == 200)

        let renewed = try TestCertificates()
        try renewed.write(to: certs)
        let answer = try await gateway.admin("POST", "/reload")
        #expect(answer.json?["changed"] == ["certificates"] || answer.json?["result"] == "unchanged", "\(answer.body)")
        // The browser trusts the file that was just replaced.
        #expect(try await gateway.browser().send("GET", "/api/").status == 200)
        #expect(await gateway.end() == 0)
    }
}
