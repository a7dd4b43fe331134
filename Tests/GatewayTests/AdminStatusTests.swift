// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Edge
import HTTPTypes
import HummingbirdTesting
import NIOCore
import StrictJSON
import Testing
import Upstreams

@testable import Gateway

@Suite("GET /status")
struct AdminStatusTests {
    @Test("It tells of every route and every endpoint, in the file's order")
    func status() async throws {
        var harness = try AdminHarness()
        let settings = try ConfigurationFixture().settings()
        harness.configuration = RunningConfiguration(settings: settings)
        try await harness.test { client in
            let answer = try await client.executeRequest(
                uri: "/status",
                method: .get,
                headers: AdminHarness.bearer,
                body: nil
            )
            #expect(answer.status == .ok)
            #expect(answer.headers[.cacheControl] == "no-store")
            let status = try JSONScanner.parse(Array(answer.body.readableBytesView))
            #expect(status["version"] == "1.2.3")
            #expect(status["profile"] == "production")
            #expect(status["store"] == "embedded")
            #expect(status["origins"] == ["https://localhost:8443"])
            let routes = status["routes"]?.array ?? []
            #expect(routes.map { $0["prefix"]?.string } == settings.edge.routes.map(\.prefix))
            #expect(
                routes.last == [
                    "prefix": "/", "upstream": "web", "auth": "optional", "identity": "none", "session": "pass",
                    "websocket": "refuse",
                ]
            )
            let upstreams = status["upstreams"]?.array ?? []
            #expect(upstreams.map { $0["name"]?.string } == settings.upstreams.map(\.name))
            #expect(
                upstreams.first == [
                    "name": "users", "in_flight": 0, "waiting": 0, "capacity": 1024, "checked": false,
                    "endpoints": [["address": "127.0.0.1:8101", "peer": nil, "health": "up", "in_flight": 0]],
                ]
            )
        }
    }

    @Test("A process without a configuration says so")
    func none() async throws {
        try await AdminHarness().test { client in
            let answer = try await client.executeRequest(
                uri: "/status",
                method: .get,
                headers: AdminHarness.bearer,
                body: nil
            )
            #expect(answer.status == .notFound)
        }
    }

    @Test("The console is on unless the file says otherwise")
    func setting() throws {
        let fixture = try ConfigurationFixture()
        #expect(try fixture.settings().admin.console)
        let off = try fixture.settings([("admin:     {", "admin:     { console: false,")])
        #expect(!off.admin.console)
        let refusal = try fixture.refusal([("admin:     {", "admin:     { console: 0,")])
        #expect(refusal?.contains("admin.console") == true, "\(refusal ?? "accepted")")
    }
}
