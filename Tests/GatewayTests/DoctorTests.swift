// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Edge
import Foundation
import NIOPosix
import Redis
import Settings
import StrictJSON
import TestSupport
import Testing

@testable import Gateway

@Suite("The doctor at Redis", .timeLimit(.minutes(5)))
struct DoctorRedisTests {
    private let now = Date(timeIntervalSince1970: 1_000_000)

    private func checks(_ change: (inout RedisProbe.Observation) -> Void) -> [String: Finding] {
        var seen = RedisProbe.Observation()
        seen.info = [
            "redis_version": "7.0.15", "role": "master", "cluster_enabled": "0", "maxmemory_policy": "noeviction",
            "maxmemory": "0", "aof_enabled": "1",
        ]
        seen.time = 1_000_000
        change(&seen)
        return Dictionary(RedisDiagnosis(seen: seen, now: now).findings().map { ($0.check, $0) }) { $1 }
    }

    @Test("A Redis that is set up for it has nothing wrong")
    func healthy() { #expect(checks { _ in }.isEmpty) }

    @Test("Each trap is told, with its cure")
    func traps() {
        #expect(checks { $0.info["redis_version"] = "6.2.14" }["redis-version"]?.level == .problem)
        #expect(checks { $0.info["role"] = "slave" }["redis-role"]?.level == .problem)
        #expect(checks { $0.info["cluster_enabled"] = "1" }["redis-cluster"]?.level == .problem)
        #expect(checks { $0.info["maxmemory_policy"] = "allkeys-lru" }["redis-maxmemory-policy"]?.level == .warning)
        let full = checks {
            $0.info["maxmemory_policy"] = "volatile-lru"
            $0.info["maxmemory"] = "1000"
        }
        #expect(full["redis-maxmemory-policy"]?.level == .problem)
        #expect(full["redis-maxmemory-policy"]?.fix.contains("noeviction") == true)
        let off = checks {
            $0.info["aof_enabled"] = "0"
            $0.config["save"] = ""
        }
        #expect(off["redis-persistence"]?.saw.contains("neither") == true)
        #expect(checks { $0.info["aof_enabled"] = "0" }["redis-persistence"]?.saw.contains("snapshots alone") == true)
        #expect(checks { $0.time = 1_000_020 }.isEmpty)
        #expect(checks { $0.time = 1_000_021 }["clock-skew"]?.saw.contains("21 s ahead") == true)
        #expect(checks { $0.clients = ["id=3 lib-name=redis-py lib-ver=7.1.0"] }.isEmpty)
        let consumer = checks { $0.clients = ["id=3 lib-name=redis-py lib-ver=8.1.0"] }
        #expect(consumer["redis-py-socket-timeout"]?.level == .note)
    }

    @Test("A real Redis: eviction, no persistence, and somebody who listens to everything")
    func live() async throws {
        var options = RedisProcess.Options()
        options.extra = ["maxmemory 50mb", "maxmemory-policy allkeys-lru"]
        let server = try await RedisProcess.start(options)
        defer { server.stop() }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let settings = try RedisSettings(url: server.url)
        func look() async throws -> Set<String> {
            let seen = try await RedisProbe(settings: settings, loop: loop).observe().get()
            return Set(RedisDiagnosis(seen: seen, now: Date()).findings().map(\.check))
        }
        #expect(try await look() == ["redis-maxmemory-policy", "redis-persistence"])
        let listener = try await RedisConnection.connect(settings: settings, on: loop)
        _ = try await listener.send(["CONFIG", "SET", "maxmemory-policy", "noeviction"])
        _ = try await listener.send(["CONFIG", "SET", "appendonly", "yes"])
        #expect(try await look().isEmpty)
        // RESP2: from here on this connection only listens.
        let greedy = Task { try? await listener.send(["PSUBSCRIBE", "*"]) }
        try await eventually { try await look() == ["redis-psubscribe-everything"] }
        listener.close()
        _ = await greedy.value
    }

    @Test("A Redis that is not there is told once")
    func unreachable() async throws {
        let settings = try RedisSettings(url: "redis://127.0.0.1:\(try FreePort.find())")
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        guard case .failure(let error) = await RedisProbe(settings: settings, loop: loop).observe() else {
            Issue.record("somebody answered")
            return
        }
        #expect(RedisDiagnosis.unreachable(error).map(\.check) == ["redis-reachable"])
    }
}

@Suite("The doctor at home")
struct DoctorFileTests {
    private let fixture: ConfigurationFixture

    init() throws { fixture = try ConfigurationFixture() }

    private func findings(now: Date = Date(), _ change: (inout GatewaySettings) -> Void = { _ in }) throws -> [Finding]
    {
        var settings = try fixture.settings()
        settings.data = fixture.folder + "/var"
        change(&settings)
        return FileCheck(settings: settings, now: now).findings()
    }

    @Test("A key or a data folder that others can read, and how to shut it")
    func permissions() throws {
        let far = Date(timeIntervalSinceNow: -3_000)
        #expect(try findings(now: far).map(\.check) == ["certificate-expiry"])
        let key = fixture.folder + "/certs/localhost-key.pem"
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: key)
        try FileManager.default.createDirectory(
            atPath: fixture.folder + "/var",
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o755]
        )
        let fixes = try findings().filter { $0.check == "file-permissions" }.map(\.fix)
        #expect(fixes == ["chmod 600 \(key)", "chmod 700 \(fixture.folder)/var"])
    }

    @Test("A certificate that ends soon, has ended, or does not name an origin")
    func certificates() throws {
        let expiry = try findings().first { $0.check == "certificate-expiry" }
        #expect(expiry?.level == .warning)
        let over = try findings(now: Date(timeIntervalSinceNow: 100_000)).first { $0.check == "certificate-expiry" }
        #expect(over?.level == .problem)
        let foreign = try findings { $0.edge.origins.append(PublicOrigin(host: "app.example", port: 443)) }
        #expect(foreign.first { $0.check == "certificate-names" }?.subject == "origins https://app.example")
        let broken = try findings { $0.edge.tls.key = $0.edge.tls.certificate }
        #expect(broken.contains { $0.check == "certificate-pair" })
    }

    @Test("Open files are judged by what the gateway says of itself")
    func files() {
        func checks(_ open: Int, _ limit: Int) -> [String] {
            let text = "# TYPE process_open_fds gauge\nprocess_open_fds \(open)\nprocess_max_fds \(limit)\n"
            return AdminCheck.findings(inMetrics: text, subject: "admin").map(\.check)
        }
        #expect(checks(10, 65_536).isEmpty)
        #expect(checks(10, 4_096).isEmpty)
        #expect(checks(10, 4_095) == ["file-descriptors"])
        #expect(checks(60_000, 65_536) == ["file-descriptors-used"])
        #expect(AdminCheck.findings(inMetrics: "", subject: "admin").isEmpty)
    }

    @Test("A finding is one JSON object; problems come before warnings, warnings before notes")
    func json() {
        let finding = Finding(.problem, "check", "place", saw: "this", fix: "that")
        #expect(
            finding.json
                == ["level": "problem", "check": "check", "subject": "place", "saw": "this", "fix": "that"]
        )
        #expect([Finding.Level.note, .problem, .warning].sorted() == [.problem, .warning, .note])
        #expect(Doctor.Report(findings: [], checked: []).isHealthy)
        #expect(!Doctor.Report(findings: [finding], checked: []).isHealthy)
    }
}
