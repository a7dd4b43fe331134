// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import NIOSSL
import Settings
import TestSupport
import Testing
import Upstreams

@testable import Edge

@Suite("A new configuration on a serving edge", .timeLimit(.minutes(5)))
struct ReloadTests {
    private static func route(_ prefix: String) -> RouteSettings {
        .init(prefix: prefix, upstream: "app", authentication: .none)
    }

    private static func request(_ path: String, _ edge: EdgeHarness) -> String {
        "GET \(path) HTTP/1.1\r\nHost: \(edge.host)\r\n\r\n"
    }

    @Test("Holds from the next request on, on connections that are open already")
    func nextRequest() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(upstream) { edge in
            let client = try await edge.connect()
            try await client.send(Self.request("/new/", edge))
            await client.receive(until: "no-route")
            try await edge.reload { $0.routes = [Self.route("/new/")] }
            try await client.send(Self.request("/new/", edge))
            await client.receive(until: "hello")
            try await client.send(Self.request("/api/", edge))
            let text = await client.receive(until: "HTTP/1.1 404", count: 2)
            #expect(text.components(separatedBy: "HTTP/1.1 404").count == 3)
            await client.close()
        }
    }

    @Test("A request under way keeps the route it began with, whatever becomes of the table")
    func underWay() async throws {
        let upstream = try await FakeUpstream.start([.receiveHead, .gate("answer"), .send(ProxyTests.hello), .again])
        try await EdgeHarness.run(upstream) { edge in
            let client = try await edge.connect()
            try await client.send(Self.request("/api/", edge))
            await upstream.waitForBytes(20)
            try await edge.reload { $0.routes = [] }
            upstream.open("answer")
            #expect(await client.receive(until: "hello").hasPrefix("HTTP/1.1 200"))
            await client.close()
        }
    }

    @Test("A new pair is what the next handshake sees; a connection under the old one goes on")
    func certificate() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(upstream) { edge in
            let old = try await edge.connect()
            try await old.send(Self.request("/api/", edge))
            await old.receive(until: "hello")
            let next = try TestCertificates()
            try next.write(to: edge.directory)
            try await edge.reload { _ in }
            let new = try await RawClient.connect(port: edge.port, tls: try next.clientContext(protocols: ["http/1.1"]))
            try await new.send(Self.request("/api/", edge))
            await new.receive(until: "hello")
            try await old.send(Self.request("/api/", edge))
            #expect(await old.receive(until: "hello", count: 2).components(separatedBy: "200 OK").count == 3)
            await old.close()
            await new.close()
        }
    }

    @Test("A pair that does not belong together is refused, and the old one serves on")
    func brokenCertificate() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(upstream) { edge in
            let foreign = try TestCertificates()
            try foreign.keyPEM.write(
                toFile: edge.directory + "/localhost-key.pem",
                atomically: true,
                encoding: .utf8
            )
            await #expect(throws: TLSMaterial.Failure.self) { try await edge.reload { _ in } }
            #expect(try await edge.exchange("GET", "/api/").hasSuffix("hello"))
        }
    }

    @Test("Unchanged files keep their context, so that session tickets go on to resume")
    func sameContext() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(upstream) { edge in
            let before = try #require(edge.listener.current)
            try await edge.reload { $0.routes = [] }
            let after = try #require(edge.listener.current)
            #expect(!after.hasOtherCertificates(than: before))
            #expect(after.shared !== before.shared)
        }
    }

    @Test("With several pairs the name the client asks for chooses; others get the first")
    func serverName() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(upstream) { edge in
            let other = try TestCertificates(names: ["other.test", "*.wild.test"], addresses: [])
            let folder = edge.directory + "/other"
            try other.write(to: folder)
            try await edge.reload {
                $0.furtherCertificates = [
                    .init(certificate: folder + "/localhost.pem", key: folder + "/localhost-key.pem")
                ]
                $0.origins += ["other.test", "a.wild.test"].map { PublicOrigin(host: $0, port: 0) }
            }
            for name in ["other.test", "a.wild.test"] {
                let client = try await RawClient.connect(
                    port: edge.port,
                    tls: try other.clientContext(protocols: ["http/1.1"]),
                    serverName: name
                )
                try await client.send("GET /api/ HTTP/1.1\r\nHost: \(name):\(edge.port)\r\n\r\n")
                #expect(await client.receive(until: "hello").hasPrefix("HTTP/1.1 200"), "\(name)")
                await client.close()
            }
            #expect(try await edge.exchange("GET", "/api/").hasSuffix("hello"))
            #expect(edge.listener.current?.certificates.map(\.names.first) == ["localhost", "other.test"])
        }
    }

    @Test("Attempts counted against the login limit stay counted, unless the limit itself changed")
    func authLimits() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(upstream, adjust: { $0.limits.loginsPerAddress = 3 }) { edge in
            let first = try #require(edge.listener.current)
            try await edge.reload { $0.routes = [] }
            #expect(edge.listener.current?.shared.authLimits === first.shared.authLimits)
            #expect(edge.listener.current?.shared.addresses === first.shared.addresses)
            try await edge.reload { $0.limits.loginsPerAddress = 4 }
            #expect(edge.listener.current?.shared.authLimits !== first.shared.authLimits)
        }
    }

    @Test("Connections are counted against the new limit at once")
    func addressLimit() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(upstream) { edge in
            let held = try await edge.connect()
            try await held.send(Self.request("/api/", edge))
            await held.receive(until: "hello")
            try await edge.reload { $0.limits.connectionsPerAddress = 1 }
            let refused = try await edge.connectInternal()
            // Closed already, as likely as not: that is the point.
            try? await refused.send("GET /api/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(await refused.receiveAll().isEmpty)
            await held.close()
        }
    }
}

@Suite("What a certificate says about itself")
struct CertificateFactsTests {
    private let facts = CertificateFacts(
        path: "leaf.pem",
        notBefore: Date(timeIntervalSince1970: 1_000),
        notAfter: Date(timeIntervalSince1970: 2_000),
        names: ["localhost", "*.app.test", "127.0.0.1", "::1"]
    )

    @Test(
        "Names are compared as browsers do",
        arguments: [
            ("localhost", true), ("LOCALHOST", true), ("a.app.test", true), ("app.test", false),
            ("a.b.app.test", false),
            (".app.test", false), ("127.0.0.1", true), ("[::1]", true), ("example.org", false), ("", false),
        ]
    )
    func names(_ host: String, _ covered: Bool) { #expect(facts.covers(host) == covered) }

    @Test("It is good from its first second on, and no longer at its last")
    func dates() {
        #expect(facts.problem(now: Date(timeIntervalSince1970: 999))?.contains("not valid before") == true)
        #expect(facts.problem(now: Date(timeIntervalSince1970: 1_000)) == nil)
        #expect(facts.problem(now: Date(timeIntervalSince1970: 1_999)) == nil)
        #expect(facts.problem(now: Date(timeIntervalSince1970: 2_000))?.contains("expired") == true)
    }
}
