// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import ArgumentParser
import Edge
import Foundation
import Gateway
import Live
import Redis
import ServiceKit
import Sessions
import Settings
import Testing
import Tokens
import Upstreams

@testable import gatecast

@Suite("What gatecast up runs with")
struct UpConfigurationTests {
    private let fixture: ConfigurationFixture

    init() throws { fixture = try ConfigurationFixture() }

    private func configuration(listen: String = "127.0.0.1:8443", redis: String = "", data: String = "var")
        -> UpConfiguration
    {
        UpConfiguration(
            data: data,
            listen: listen,
            internalListen: "127.0.0.1:0",
            admin: "127.0.0.1:0",
            redisURL: redis,
            certificatePath: fixture.folder + "/certs/localhost.pem",
            keyPath: fixture.folder + "/certs/localhost-key.pem",
            users: ListenAddress(host: "127.0.0.1", port: 1001),
            tasks: ListenAddress(host: "127.0.0.1", port: 1002),
            notifications: ListenAddress(host: "127.0.0.1", port: 1003)
        )
    }

    private func settings(_ configuration: UpConfiguration) throws -> GatewaySettings {
        try configuration.settings(
            sessionKey: Secret(ConfigurationFixture.sessionKey),
            adminToken: Secret(ConfigurationFixture.adminToken)
        )
    }

    // MARK: Built in

    @Test("The built-in configuration decodes by the same rules as a file")
    func builtIn() throws {
        let settings = try settings(configuration())
        #expect(settings.profile == .dev)
        #expect(settings.edge.origins.map(\.description) == ["https://localhost:8443"])
        let services = ["users", "tasks", "notifications"]
        #expect(settings.edge.routes.map(\.prefix) == services.map { "/api/\($0)/" } + services.map { "/docs/\($0)/" })
        #expect(settings.issuers.map(\.iss) == ["https://localhost:8443"])
        #expect(settings.upstreams.map { $0.endpoints.map(\.port) } == [[1001], [1002], [1003]])
        #expect(settings.sessions?.upstream == "users")
        #expect(settings.admin.token?.text == ConfigurationFixture.adminToken)
        #expect(settings.live.log.file == "var/live.sqlite")
        #expect(settings.redis == nil)
    }

    @Test("The issuer stays the same on ephemeral ports; elsewhere it is the origin")
    func issuer() throws {
        let ephemeral = try settings(configuration(listen: "127.0.0.1:0"))
        #expect(ephemeral.issuers.map(\.iss) == ["https://localhost:8443"])
        #expect(ephemeral.edge.publicListen.port == 0)
        #expect(try settings(configuration(listen: "0.0.0.0:443")).issuers.map(\.iss) == ["https://localhost"])
        #expect(
            try settings(configuration(listen: "[::1]:9443")).edge.origins.map(\.description) == [
                "https://localhost:9443"
            ]
        )
    }

    @Test("A Redis URL passes by the environment, and its password is in no text")
    func redis() throws {
        let configuration = configuration(redis: "redis://:hunter2@127.0.0.1:6390/1")
        #expect(try settings(configuration).redis?.endpoint == "127.0.0.1:6390")
        #expect(try !configuration.text().contains("hunter2"))
    }

    @Test("A folder may have any name", arguments: ["my data", "a\"b", "back\\slash", "ünï: #x", "{x}"])
    func folder(_ name: String) throws {
        let settings = try settings(configuration(data: name))
        #expect(settings.data == name)
        #expect(settings.live.log.file == "\(name)/live.sqlite")
    }

    // MARK: With a file

    @Test("Options lie over the file; the services listen where its upstreams point")
    func plan() throws {
        let data = fixture.folder + "/data"
        let file = try fixture.file([
            ("\"${GATECAST_SESSION_KEY}\"", ConfigurationFixture.sessionKey),
            ("\"${GATECAST_ADMIN_TOKEN}\"", ConfigurationFixture.adminToken), ("\"${REDIS_URL:-}\"", ""),
        ])
        let plan = try UpPlan(
            options: Up.parse([
                "--config", file, "--data", data, "--listen", "127.0.0.1:0", "--internal", "127.0.0.1:1", "--admin",
                "[::1]:2",
                "--redis", "redis://127.0.0.1:6390",
            ])
        )
        let settings = try plan.settings([])
        #expect(settings.data == data)
        #expect(settings.edge.publicListen == ListenAddress(host: "127.0.0.1", port: 0))
        #expect(settings.edge.internalListen == ListenAddress(host: "127.0.0.1", port: 1))
        #expect(settings.admin.listen == ListenAddress(host: "::1", port: 2))
        #expect(settings.redis?.endpoint == "127.0.0.1:6390")
        #expect(settings.profile == .production)
        // `publish` and `tail` find the token in the data folder.
        #expect(try plan.folder.adminToken.read() == ConfigurationFixture.adminToken)

        let users = try plan.service("users", jwks: nil)
        #expect(users.listen == ListenAddress(host: "127.0.0.1", port: 8101))
        #expect(users.data == data)
        #expect(users.issuer == "https://localhost:8443")
        #expect(users.audience == "gatecast")
        let tasks = try plan.service("tasks", jwks: "http://127.0.0.1:8101/.well-known/jwks.json")
        #expect(tasks.listen == ListenAddress(host: "127.0.0.1", port: 8102))
        #expect(tasks.jwksURL == "http://127.0.0.1:8101/.well-known/jwks.json")
    }

    @Test(
        "An option may say no more than the file may",
        arguments: [
            (
                "--admin", "0.0.0.0:9090",
                "--admin: speaks plain HTTP, and 0.0.0.0 is not loopback. Write: 127.0.0.1:9090"
            ),
            ("--internal", "0.0.0.0:9080", "--internal: speaks plain HTTP, and 0.0.0.0 is not loopback"),
            ("--listen", "8443", "--listen: 8443 has no port"),
            ("--redis", "http://:hunter2@redis", "--redis: is no Redis URL"),
        ]
    )
    func refusedOptions(_ option: String, _ value: String, _ sentence: String) throws {
        let file = try fixture.file([
            ("\"${GATECAST_SESSION_KEY}\"", ConfigurationFixture.sessionKey),
            ("\"${GATECAST_ADMIN_TOKEN}\"", ConfigurationFixture.adminToken),
        ])
        let options = try Up.parse(["--config", file, "--data", fixture.folder + "/data", option, value])
        let error = #expect(throws: SettingsError.self) { try UpPlan(options: options) }
        #expect(error?.description.hasPrefix("gatecast up: \(sentence)") == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("hunter2") == false)
    }
}
