// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import HTTPMessages
import NIOCore
import NIOPosix
import NIOSSL
import Settings
import TestSupport
import Testing

@testable import Upstreams

@Suite("https upstreams", .timeLimit(.minutes(5)))
struct TLSUpstreamTests {
    private static let ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"

    private func roots(_ certificates: TestCertificates) throws -> [NIOSSLCertificate] {
        try NIOSSLCertificate.fromPEMBytes(Array(certificates.caPEM.utf8))
    }

    private func harness(_ fake: FakeUpstream, _ tls: UpstreamTLS) async throws -> Harness {
        try await Harness(port: fake.port) {
            $0.tls = tls
            $0.connectTimeout = .seconds(60)
            $0.idle = .minutes(5)
        }
    }

    @Test("A verified upstream is spoken to over TLS, and its connection kept")
    func good() async throws {
        let certificates = TestCertificates.shared
        let fake = try await FakeUpstream.start(
            [.receiveHead, .send(Self.ok), .again],
            tls: try certificates.serverContext()
        )
        for name in [nil, "localhost"] {
            let harness = try await self.harness(fake, UpstreamTLS(roots: self.roots(certificates), name: name))
            for _ in 0..<2 { #expect(try await harness.send().events == ["200 length(2)", "end"]) }
            #expect(try await harness.run { $0.idleCount } == 1)
            try await harness.run { $0.shutdown() }
        }
        #expect(fake.connectionCount == 2)
        await fake.stop()
    }

    @Test("A stranger's chain, another name, and no TLS at all are refused before anything is sent")
    func bad() async throws {
        let certificates = TestCertificates.shared
        let fake = try await FakeUpstream.start([.receiveHead], tls: try certificates.serverContext())
        let stranger = try UpstreamTLS(roots: self.roots(try TestCertificates()))
        let misnamed = try UpstreamTLS(roots: self.roots(certificates), name: "other.example")
        for tls in [stranger, misnamed] {
            let harness = try await self.harness(fake, tls)
            #expect(try await harness.send(.post, body: ["secret"]).events == ["failed tls-failed"])
            #expect(harness.upstream.inFlight == 0)
        }
        #expect(fake.receivedByteCount == 0)
        await fake.stop()

        let plain = try await FakeUpstream.start([.receiveBytes(1), .send(Self.ok)])
        let harness = try await self.harness(plain, UpstreamTLS(roots: self.roots(certificates)))
        #expect(try await harness.send().events == ["failed tls-failed"])
        #expect(!plain.receivedText().contains("GET"))
        await plain.stop()
    }

    @Test("A handshake that never ends is given up in time")
    func silent() async throws {
        let fake = try await FakeUpstream.start([.stopReading])
        let harness = try await Harness(port: fake.port) {
            $0.tls = try? UpstreamTLS(roots: self.roots(.shared))
            $0.connectTimeout = .milliseconds(50)
        }
        #expect(harness.upstream.settings.tls != nil)
        #expect(try await harness.send().events == ["failed connect-timeout"])
        await fake.stop()
    }

    @Test("A body until close ends with close_notify; one cut short is no clean end")
    func ends() async throws {
        let certificates = TestCertificates.shared
        let fake = try await FakeUpstream.start(
            [.receiveHead, .send("HTTP/1.1 200 OK\r\n\r\nabc"), .close],
            [.receiveHead, .send("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc"), .close],
            tls: try certificates.serverContext()
        )
        let harness = try await self.harness(fake, UpstreamTLS(roots: self.roots(certificates)))
        #expect(try await harness.send().events == ["200 untilClose", "end"])
        #expect(try await harness.send().events == ["200 length(5)", "failed reset"])
        await fake.stop()
    }

    @Test("A wildcard stands for one first label, and an address in the certificate for no name")
    func matching() {
        func holds(_ names: String...) -> (String) -> Bool {
            { PeerName.isNamed($0, by: names.map { Array($0.utf8) }) }
        }
        #expect(holds("a.example")("A.Example.") && holds("x", "A.EXAMPLE")("a.example"))
        #expect(holds("*.example")("a.example") && !holds("*.example")("a.b.example") && !holds("*.example")("example"))
        #expect(!holds("*")("a") && !holds("a*.example")("ab.example") && !holds()("a.example"))
        #expect(!holds("*.example")(".example.org") && !holds("b.example")("a.example"))
    }

    @Test("A check over TLS asks only whom the certificate names")
    func check() async throws {
        let certificates = TestCertificates.shared
        let fake = try await FakeUpstream.start(
            [.receiveHead, .send(Self.ok)],
            tls: try certificates.serverContext()
        )
        for (name, isWell) in [("localhost", true), ("other.example", false)] {
            var settings = UpstreamSettings(name: "u", endpoints: [ListenAddress(host: "127.0.0.1", port: fake.port)])
            settings.tls = try UpstreamTLS(roots: self.roots(certificates), name: name)
            let endpoint = Upstream(settings).endpoints[0]
            var health = HealthSettings(path: "/")
            health.timeout = .seconds(20)
            let failure = await HealthProbe(endpoint: endpoint, settings: health)
                .run(on: MultiThreadedEventLoopGroup.singleton.next())
            #expect((failure == nil) == isWell, "\(name): \(failure ?? "well")")
        }
        #expect(fake.receivedText().contains("GET / ") && fake.receivedText(1).isEmpty)
        await fake.stop()
    }

    @Test("A name is what the certificate must hold, unless tls.name says another")
    func names() throws {
        let settings = try UpstreamSettings(
            name: "u",
            node: SettingsNode.parse("[ \"https://localhost:1\" ]", file: "f", environment: [:])
        )
        #expect(settings.tls == (try UpstreamTLS()))
        #expect(settings.tls != (try UpstreamTLS(name: "x")))
        #expect(settings.tls != (try UpstreamTLS(roots: self.roots(.shared))))
    }
}
