// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import Testing

/// What can be known of images, compose file and workflows without an engine, and of the settings that they hand over.
@Suite("What is deployed")
struct DeployTests {
    private static let python = "\(PageServer.root)/.venv/bin/python"
    private static let isAvailable = FileManager.default.isExecutableFile(
        atPath: "\(PageServer.root)/.venv/bin/check-jsonschema"
    )

    @Test(
        "Dockerfiles, compose file and workflows keep to their schemas and to our rules",
        .enabled(if: Self.isAvailable)
    )
    func rules() async throws {
        let run = try await CommandRun.run(
            Self.python,
            ["\(PageServer.root)/Tests/Deploy/check.py"],
            environment: ["PATH": "/usr/bin:/bin"],
            in: PageServer.root
        )
        #expect(run.code == 0, "\(run.output)\(run.errors)")
        #expect(run.output.contains("deploy: ok"))
    }

    @Test("The gateway's file of the compose house is a valid one, once its secrets are there")
    func gateway() async throws {
        let folder = try ScratchFolder()
        let made = try await CommandRun.run("gatecast", ["certs", "--directory", "certs"], in: folder.path)
        #expect(made.code == 0, "\(made.errors)")
        let text = try String(contentsOfFile: "\(PageServer.root)/deploy/gatecast/gatecast.yaml", encoding: .utf8)
        try folder.write(
            "gatecast.yaml",
            text.replacing("/etc/gatecast/certs", with: "\(folder.path)/certs")
                .replacing("/var/lib/gatecast", with: "\(folder.path)/var")
        )
        let secrets = [
            "GATECAST_ADMIN_TOKEN": ConfigurationFile.adminToken, "GATECAST_SESSION_KEY": ConfigurationFile.sessionKey,
        ]
        let arguments = ["check", "--config", "gatecast.yaml"]
        let good = try await CommandRun.run("gatecast", arguments, environment: secrets, in: folder.path)
        #expect(good.code == 0, "\(good.output)\(good.errors)")
        // As .env.example leaves them.
        let empty = try await CommandRun.run("gatecast", arguments, in: folder.path)
        #expect(empty.code == 78, "\(empty.output)\(empty.errors)")
    }

    @Test("healthcheck says how a service is by its exit code, and why it is not well", arguments: ["tasks", "users"])
    func health(_ name: String) async throws {
        let folder = try ScratchFolder()
        let nobody = try await CommandRun.run(
            "\(name)-service",
            ["healthcheck"],
            environment: ["LISTEN": "127.0.0.1:1"],
            in: folder.path
        )
        #expect(nobody.code == 1)
        #expect(nobody.errors.contains("http://127.0.0.1:1/readyz: no answer"), "\(nobody.errors)")
        let wrong = try await CommandRun.run(
            "\(name)-service",
            ["healthcheck"],
            environment: ["LISTEN": "here"],
            in: folder.path
        )
        #expect(wrong.code == 78)
        // Redis need not be there for it to be ready: the outbox waits.
        let environment = ["DATA": "\(folder.path)/data", "REDIS_URL": "redis://127.0.0.1:1"]
        let service = try ProductProcess(
            "\(name)-service",
            environment: environment.merging(["LISTEN": "127.0.0.1:0"]) { $1 },
            in: folder.path
        )
        let port = try await service.port(of: name)
        let well = try await CommandRun.run(
            "\(name)-service",
            ["healthcheck"],
            environment: environment.merging(["LISTEN": "0.0.0.0:\(port)"]) { $1 },
            in: folder.path
        )
        #expect(well.code == 0, "\(well.errors)")
        #expect(await service.end() == 0, "\(service.logText)")
    }
}
