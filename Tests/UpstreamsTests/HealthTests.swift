// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Logging
import NIOCore
import NIOPosix
import Settings
import TestSupport
import Testing

@testable import Upstreams

@Suite("Active health checks", .timeLimit(.minutes(5)))
struct HealthTests {
    @Test("Out after two failures in a row, in after two successes in a row")
    func rule() {
        var rule = HealthRule(isOut: false)
        #expect(rule.record(isWell: false) == .none)
        #expect(rule.record(isWell: true) == .none)
        #expect(rule.record(isWell: false) == .none)
        #expect(rule.record(isWell: false) == .wentOut)
        #expect(rule.record(isWell: false) == .none)
        #expect(rule.record(isWell: true) == .none)
        #expect(rule.record(isWell: false) == .none)
        #expect(rule.record(isWell: true) == .none)
        #expect(rule.record(isWell: true) == .cameIn)
    }

    @Test("The pause is the interval give or take a tenth")
    func pause() {
        #expect(HealthRule.pause(.seconds(5), chance: 0) == .milliseconds(4_500))
        #expect(HealthRule.pause(.seconds(5), chance: 0.5) == .seconds(5))
        #expect(HealthRule.pause(.seconds(5), chance: 1) == .milliseconds(5_500))
    }

    private func upstream(_ port: Int, _ adjust: (inout HealthSettings) -> Void = { _ in }) -> Upstream {
        var settings = UpstreamSettings(name: "u", endpoints: [ListenAddress(host: "127.0.0.1", port: port)])
        var health = HealthSettings(path: "/healthz")
        health.interval = .milliseconds(10)
        health.timeout = .seconds(20)
        adjust(&health)
        settings.health = health
        return Upstream(settings)
    }

    private func answer(_ status: String) -> [FakeUpstream.Step] {
        [.receiveHead, .send("HTTP/1.1 \(status)\r\ncontent-length: 0\r\n\r\n")]
    }

    @Test("An endpoint goes out when its checks fail and comes back when they succeed")
    func outAndIn() async throws {
        let fake = try await FakeUpstream.start(
            self.answer("204 No Content"),
            self.answer("503 Service Unavailable"),
            [.receiveHead, .close],
            [.receiveHead, .gate("heal"), .send("HTTP/1.1 200 OK\r\n\r\n")],
            self.answer("200 OK")
        )
        let upstream = self.upstream(fake.port)
        let checker = HealthChecker(
            upstreams: { [upstream] },
            group: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "test")
        )
        let task = Task { await checker.run() }
        try await eventually { upstream.endpoints[0].isDown }
        #expect(
            fake.receivedText()
                == "GET /healthz HTTP/1.1\r\nhost: 127.0.0.1:\(fake.port)\r\nuser-agent: gatecast-health\r\n"
                + "connection: close\r\n\r\n"
        )
        fake.open("heal")
        try await eventually { !upstream.endpoints[0].isDown }
        task.cancel()
        await task.value
        await fake.stop()
    }

    @Test("A check tells what it met", arguments: [("302 Found", "status 302"), ("200 OK", nil)])
    func verdict(status: String, expected: String?) async throws {
        let fake = try await FakeUpstream.start(self.answer(status))
        let probe = try #require(self.probe(self.upstream(fake.port) { $0.host = "api.example" }))
        #expect(await probe.run(on: MultiThreadedEventLoopGroup.singleton.next()) == expected)
        #expect(fake.receivedText().contains("\r\nhost: api.example\r\n"))
        await fake.stop()
    }

    @Test("Silence, garbage, a close and a closed port are failures")
    func failures() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        for script in [[.receiveHead], [.receiveHead, .send("nonsense\r\n\r\n")], [.receiveHead, .close]]
            as [[FakeUpstream.Step]]
        {
            let fake = try await FakeUpstream.start(script)
            let probe = try #require(self.probe(self.upstream(fake.port) { $0.timeout = .milliseconds(50) }))
            #expect(await probe.run(on: loop) != nil)
            await fake.stop()
        }
        let nobody = try #require(self.probe(self.upstream(try FreePort.find())))
        #expect(await nobody.run(on: loop) != nil)
    }

    private func probe(_ upstream: Upstream) -> HealthProbe? {
        upstream.settings.health.map { HealthProbe(endpoint: upstream.endpoints[0], settings: $0) }
    }
}
