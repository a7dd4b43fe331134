// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Edge
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Settings
import TestSupport
import Testing

@testable import Gateway

/// Each trap by a server that has it, and the same server without it.
@Suite("The doctor at an upstream", .timeLimit(.minutes(5)))
struct DoctorUpstreamTests {
    private let fixture: ConfigurationFixture

    init() throws { fixture = try ConfigurationFixture() }

    /// What the doctor finds, by its word.
    private func findings(
        prefixes: [String] = ["/api/tasks/"],
        idle: TimeAmount = .milliseconds(300),
        _ rule: @escaping RuleUpstream.Rule
    ) async throws -> [String: Finding] {
        let settings = try fixture.settings()
        let http = DoctorHTTP(group: MultiThreadedEventLoopGroup.singleton)
        var found: [Finding] = []
        try await RuleUpstream.run(rule) { upstream in
            let probe = UpstreamProbe(
                name: "app",
                address: upstream.address,
                origin: settings.edge.origins[0],
                prefixes: prefixes,
                idle: idle,
                http: http
            )
            let seen = await probe.observe()
            found = UpstreamDiagnosis(seen: seen, origin: settings.edge.origins[0], settings: settings, now: Date())
                .findings()
        }
        await http.close()
        return Dictionary(found.map { ($0.check, $0) }) { $1 }
    }

    @Test("A plain service has nothing wrong")
    func healthy() async throws {
        #expect(try await findings { _, _ in .init(body: "[]") }.isEmpty)
    }

    @Test("ALLOWED_HOSTS: 400 for the public Host, not for its own")
    func allowedHosts() async throws {
        let found = try await findings { _, headers in
            headers.first(name: "host") == "localhost:8443"
                ? .init(status: 400, body: "<!doctype html><h1>Bad Request (400)</h1>") : .init(body: "ok")
        }
        #expect(found["django-allowed-hosts"]?.fix == "ALLOWED_HOSTS = [\"localhost\"] in Django's settings.py")
        #expect(found["django-allowed-hosts"]?.level == .problem)
        // An API that simply wants more of a request is no Django with a wrong list.
        #expect(
            try await findings { _, _ in .init(status: 400, body: "<h1>Bad Request</h1>") }["django-allowed-hosts"]
                == nil
        )
        #expect(try await findings { _, _ in .init(status: 400, body: "{}") }.isEmpty)
    }

    @Test("SECURE_PROXY_SSL_HEADER: a redirect to the https page that was asked for")
    func secureProxy() async throws {
        let found = try await findings { path, _ in
            .init(status: 301, headers: [("location", "https://localhost:8443\(path)")])
        }
        #expect(found["django-secure-proxy-ssl-header"]?.fix.contains("HTTP_X_FORWARDED_PROTO") == true)
        // One that believes X-Forwarded-Proto does not redirect; and a redirect elsewhere is a page's own business.
        let good = try await findings { _, headers in
            headers.first(name: "x-forwarded-proto") == "https" ? .init() : .init(status: 301)
        }
        #expect(good.isEmpty)
        let login = try await findings { _, _ in
            .init(status: 302, headers: [("location", "https://localhost:8443/login/")])
        }
        #expect(login.isEmpty)
    }

    @Test("APPEND_SLASH: the path without its slash is sent to the one with it")
    func appendSlash() async throws {
        let found = try await findings { path, _ in
            path.hasSuffix("/") ? .init() : .init(status: 301, headers: [("location", path + "/")])
        }
        #expect(found["append-slash"]?.fix == "slash: append on the route { prefix: /api/tasks/ }")
        #expect(found["append-slash"]?.level == .warning)
        #expect(try await findings { path, _ in .init(status: path.hasSuffix("/") ? 200 : 404) }.isEmpty)
    }

    @Test("Cookies of Django without Secure")
    func cookies() async throws {
        let bad = try await findings { _, _ in .init(headers: [("set-cookie", "csrftoken=x; Path=/; SameSite=Lax")]) }
        #expect(bad["django-cookie-secure"]?.saw.contains("csrftoken") == true)
        let good = try await findings { _, _ in .init(headers: [("set-cookie", "csrftoken=x; Path=/; Secure")]) }
        #expect(good.isEmpty)
    }

    @Test("allowedDevOrigins: /_next/ is refused to a page of the public origin alone")
    func devOrigins() async throws {
        let next = ("x-powered-by", "Next.js")
        let bad = try await findings(prefixes: ["/"]) { path, headers in
            path.hasPrefix("/_next/") && headers.contains(name: "origin") ? .init(status: 403) : .init(headers: [next])
        }
        #expect(bad["next-allowed-dev-origins"]?.fix == "allowedDevOrigins: [\"localhost\"] in next.config")
        let good = try await findings(prefixes: ["/"]) { path, _ in
            path.hasPrefix("/_next/") ? .init(status: 404) : .init(headers: [next])
        }
        #expect(good.isEmpty)
    }

    @Test("Compression: a warning for Next's pages, a problem for an event stream, nothing for a plain API")
    func compression() async throws {
        let gzip = ("content-encoding", "gzip")
        let next = try await findings(prefixes: ["/"]) { _, _ in .init(headers: [("x-powered-by", "Next.js"), gzip]) }
        #expect(next["next-compress"]?.level == .warning)
        let stream = try await findings { _, _ in .init(headers: [("content-type", "text/event-stream"), gzip]) }
        #expect(stream["stream-compressed"]?.level == .problem)
        #expect(try await findings { _, _ in .init(headers: [gzip]) }.isEmpty)
    }

    @Test("A keep-alive shorter than ours, with the idle time that would fit; none at all is worth a note")
    func keepAlive() async throws {
        let short = try await findings(idle: .seconds(4)) { _, _ in .init(closesAfter: .milliseconds(200)) }
        #expect(short["upstream-keep-alive"]?.level == .warning)
        #expect(short["upstream-keep-alive"]?.fix.hasPrefix("upstreams.app: { endpoints: […], idle: ") == true)
        let none = try await findings { _, _ in .init(headers: [("connection", "close")], closesAfter: .zero) }
        #expect(none["upstream-keep-alive"]?.level == .note)
    }

    @Test("A clock that is off by more than tokens bear")
    func clock() async throws {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "GMT")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        let late = formatter.string(from: Date(timeIntervalSinceNow: -120))
        let now = formatter.string(from: Date())
        #expect(try await findings { _, _ in .init(headers: [("date", late)]) }["clock-skew"]?.level == .problem)
        #expect(try await findings { _, _ in .init(headers: [("date", now)]) }.isEmpty)
        #expect(UpstreamDiagnosis.date("Sun, 06 Nov 1994 08:49:37 GMT") == Date(timeIntervalSince1970: 784_111_777))
        #expect(UpstreamDiagnosis.date("yesterday") == nil)
    }

    @Test("Nobody there is a problem, told once")
    func unreachable() async throws {
        let settings = try fixture.settings()
        let http = DoctorHTTP(group: MultiThreadedEventLoopGroup.singleton)
        let probe = UpstreamProbe(
            name: "app",
            address: ListenAddress(host: "127.0.0.1", port: try FreePort.find()),
            origin: settings.edge.origins[0],
            prefixes: ["/"],
            idle: .seconds(4),
            http: http
        )
        let found = UpstreamDiagnosis(
            seen: await probe.observe(),
            origin: settings.edge.origins[0],
            settings: settings,
            now: Date()
        ).findings()
        #expect(found.map(\.check) == ["upstream-reachable"])
        await http.close()
    }

    @Test("An issuer's key set that is there, and three that are not")
    func issuer() async throws {
        let http = DoctorHTTP(group: MultiThreadedEventLoopGroup.singleton)
        try await RuleUpstream.run({ path, _ in
            switch path {
            case "/good": .init(body: "{\"keys\":[]}")
            case "/page": .init(body: "<html>")
            default: .init(status: 404)
            }
        }) { upstream in
            func findings(_ path: String) async -> [Finding] {
                await IssuerCheck(url: "http://\(upstream.address)\(path)", http: http).findings()
            }
            #expect(await findings("/good").isEmpty)
            #expect(await findings("/page").map(\.saw) == ["200 without \"keys\""])
            #expect(await findings("/none").map(\.saw) == ["status 404"])
        }
        let nobody = IssuerCheck(url: "http://127.0.0.1:\(try FreePort.find())/", http: http)
        #expect(await nobody.findings().map(\.check) == ["issuer-keys"])
        await http.close()
    }
}
