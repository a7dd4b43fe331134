// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import HTTPMessages
import Settings
import TestSupport
import Testing

@testable import Edge

@Suite("Manners on live sockets", .timeLimit(.minutes(5)))
struct MannersLiveTests {
    private static func route(_ authentication: RouteSettings.Authentication = .optional) -> RouteSettings {
        RouteSettings(prefix: "/api/", upstream: "app", authentication: authentication)
    }

    private static let created = """
        HTTP/1.1 201 Created\r\nLocation: http://0.0.0.0:PORT/tasks/7\r\nContent-Location: http://127.0.0.1:PORT/x\r
        Content-Length: 0\r\n\r\n
        """

    @Test("A stripped prefix is told and put back, and no address of the upstream's reaches the browser")
    func strips() async throws {
        var route = Self.route(.none)
        route.rewrite = .strip
        route.slash = .append
        route.host = .upstream
        let upstream = try await FakeUpstream.start([.receiveHead, .sendNamingPort(Self.created), .again])
        try await EdgeHarness.run(upstream, routes: [route]) { edge in
            let answer = try await edge.exchange("GET", "/api/tasks?q=1", ["X-Forwarded-Prefix: /evil"])
            let seen = upstream.receivedText()
            #expect(seen.hasPrefix("GET /tasks/?q=1 HTTP/1.1\r\nhost: 127.0.0.1:\(upstream.port)\r\n"))
            #expect(seen.contains("x-forwarded-host: \(edge.host)\r\n"))
            #expect(seen.contains("x-forwarded-prefix: /api\r\n"))
            #expect(!seen.contains("evil"))
            #expect(answer.contains("\r\nlocation: \(edge.origin)/api/tasks/7\r\n"))
            #expect(answer.contains("\r\ncontent-location: \(edge.origin)/api/x\r\n"))
            #expect(!answer.contains(":\(upstream.port)/"))
        }
    }

    @Test("As a rule the Host is the browser's, and nothing is said of a prefix")
    func plain() async throws {
        let upstream = try await FakeUpstream.start([.receiveHead, .sendNamingPort(Self.created), .again])
        try await EdgeHarness.run(upstream, routes: [Self.route(.none)]) { edge in
            let answer = try await edge.exchange("GET", "/api/tasks", ["X-Forwarded-Prefix: /evil"])
            #expect(upstream.receivedText().hasPrefix("GET /api/tasks HTTP/1.1\r\nhost: \(edge.host)\r\n"))
            #expect(!upstream.receivedText().contains("x-forwarded-prefix"))
            #expect(answer.contains("\r\nlocation: \(edge.origin)/tasks/7\r\n"))
        }
    }

    @Test("Encoded slashes and parameters pass where a route says so, and nowhere else")
    func exceptions() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        var open = RouteSettings(prefix: "/files/", upstream: "app", authentication: .none)
        open.pathExceptions = [.encodedSlash, .parameters]
        var half = RouteSettings(prefix: "/half/", upstream: "app", authentication: .none)
        half.pathExceptions = [.parameters]
        try await EdgeHarness.run(upstream, routes: [open, half, Self.route(.none)]) { edge in
            for (path, status) in [
                ("/files/a%2Fb", 200), ("/files/a;v=1", 200), ("/files/%2e%2e%2fx", 400), ("/files/..;/x", 400),
                ("/half/a;v=1", 200), ("/half/a%2Fb", 400), ("/api/a%2Fb", 400), ("/api/a;v=1", 400),
                ("/nowhere/a;v=1", 400), ("/nowhere", 404), ("/auth;x/login", 400),
            ] {
                let answer = try await edge.exchange("GET", path)
                #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(path): \(answer.prefix(200))")
            }
            #expect(upstream.receivedText().contains("GET /files/a%2Fb HTTP/1.1\r\n"))
            // A configuration without exceptions holds for connections that began under this one, too.
            let client = try await edge.connect()
            try await client.send("GET /files/a;v=1 HTTP/1.1\r\nHost: \(edge.host)\r\n\r\n")
            await client.receive(until: "hello")
            try await edge.reload {
                $0.routes = [RouteSettings(prefix: "/files/", upstream: "app", authentication: .none)]
            }
            try await client.send("GET /files/a;v=1 HTTP/1.1\r\nHost: \(edge.host)\r\n\r\n")
            #expect(await client.receive(until: "path-refused").contains("path-refused"))
            await client.close()
        }
    }

    // MARK: CORS

    private func allowing(_ routes: [RouteSettings], _ body: (EdgeHarness) async throws -> Void) async throws {
        let upstream = try await FakeUpstream.answering(
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nAccess-Control-Allow-Origin: *\r\n\r\nhello"
        )
        try await EdgeHarness.run(
            upstream,
            routes: routes,
            adjust: { $0.allowedOrigins = ["https://pages.example"] },
            body
        )
    }

    @Test("A preflight of an allowed origin is answered here, though the route lists no OPTIONS")
    func preflight() async throws {
        var route = Self.route()
        route.methods = ["GET", "POST"]
        try await self.allowing([route]) { edge in
            let fields = [
                "Origin: https://pages.example", "Access-Control-Request-Method: POST",
                "Access-Control-Request-Headers: content-type, x-csrf",
            ]
            for (path, methods) in [("/api/x", "GET, POST"), ("/auth/login", "POST"), ("/live", "GET")] {
                let answer = try await edge.exchange("OPTIONS", path, fields)
                #expect(answer.hasPrefix("HTTP/1.1 204 "), "\(answer)")
                for field in [
                    "access-control-allow-origin: https://pages.example", "access-control-allow-credentials: true",
                    "access-control-allow-methods: \(methods)",
                    "access-control-allow-headers: content-type, x-csrf", "access-control-max-age: 600",
                    "vary: Access-Control-Request-Method, Access-Control-Request-Headers", "vary: Origin",
                ] { #expect(answer.contains("\r\n\(field)\r\n"), "\(path): \(field)") }
            }
        }
    }

    @Test("An allowed origin reads answers and refusals with credentials; caches are told; nobody else is")
    func reads() async throws {
        try await self.allowing([Self.route()]) { edge in
            let cookie = try await edge.login()
            for (path, marker) in [("/api/x", "hello"), ("/none", "no-route")] {
                let answer = try await edge.exchange("GET", path, ["Origin: https://pages.example", cookie])
                #expect(answer.contains(marker))
                #expect(
                    answer.contains("access-control-allow-origin: https://pages.example\r\n") == (marker == "hello")
                )
            }
            let refused = try await edge.exchange(
                "POST",
                "/api/x",
                [cookie, "Origin: https://pages.example", "Sec-Fetch-Site: none"]
            )
            #expect(refused.contains("csrf-refused"))
            #expect(refused.contains("access-control-allow-origin: https://pages.example\r\n"))
            for origin in ["https://evil.example", "null", "https://pages.example.evil.test"] {
                let answer = try await edge.exchange("GET", "/api/x", ["Origin: \(origin)"])
                #expect(!answer.contains("access-control-"))
                #expect(answer.contains("\r\nvary: Origin\r\n"))
            }
            let preflight = ["Origin: https://evil.example", "Access-Control-Request-Method: POST"]
            let answer = try await edge.exchange("OPTIONS", "/api/x", preflight)
            #expect(answer.contains("hello"))
            #expect(!answer.contains("access-control-"))
        }
    }

    @Test("Where nobody is looked up, CORS is the upstream's")
    func openRoutes() async throws {
        try await self.allowing([Self.route(.none)]) { edge in
            let fields = ["Origin: https://pages.example", "Access-Control-Request-Method: POST"]
            let answer = try await edge.exchange("OPTIONS", "/api/x", fields)
            #expect(answer.contains("hello"))
            #expect(answer.contains("access-control-allow-origin: *\r\n"))
            #expect(!answer.contains("pages.example"))
        }
    }

    // MARK: Who is there

    private static func trusting(_ ranges: [String]) -> (inout EdgeSettings) -> Void {
        { $0.trustedProxies = ranges.compactMap { AddressRange($0) } }
    }

    @Test("A trusted proxy speaks for its client and its Host; anybody else does not")
    func trustedProxy() async throws {
        let fields = ["X-Forwarded-For: 6.6.6.6, 203.0.113.7", "X-Forwarded-Host: evil.example"]
        for (ranges, client) in [(["127.0.0.0/8"], "203.0.113.7"), ([], "127.0.0.1")] {
            let upstream = try await FakeUpstream.answering(ProxyTests.hello)
            try await EdgeHarness.run(upstream, routes: [Self.route(.none)], adjust: Self.trusting(ranges)) { edge in
                _ = try await edge.exchange("GET", "/api/x", fields)
                let seen = upstream.receivedText()
                #expect(seen.contains("\r\nx-forwarded-for: \(client)\r\n"))
                #expect(seen.contains("\r\nforwarded: for=\(client);"))
                #expect(seen.contains("\r\nx-forwarded-host: \(edge.host)\r\n"))

                let inner = try await edge.connect()
                try await inner.send(
                    "GET /api/x HTTP/1.1\r\nHost: gatecast.internal\r\nX-Forwarded-Host: \(edge.host)\r\n\r\n"
                )
                let answer = await inner.receive(until: "\r\n\r\n")
                #expect(answer.hasPrefix(ranges.isEmpty ? "HTTP/1.1 421" : "HTTP/1.1 200"))
                await inner.close()
            }
        }
    }

    @Test("The page server's word counts on the internal listener")
    func internalListener() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(upstream, routes: [Self.route(.none)]) { edge in
            let client = try await edge.connectInternal()
            try await client.send(
                "GET /api/x HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Host: \(edge.host)\r\n\r\n"
            )
            await client.receive(until: "hello")
            #expect(upstream.receivedText().contains("\r\nx-forwarded-for: 203.0.113.7\r\n"))
            await client.close()
        }
    }

    @Test("A PROXY header ahead of TLS names the client, from a trusted peer alone; a spoofed field behind it does not")
    func proxyProtocol() async throws {
        let header = ProxyHeaderTests.header(0x11, ProxyHeaderTests.four)
        for isTrusted in [true, false] {
            let upstream = try await FakeUpstream.answering(ProxyTests.hello)
            let adjust = Self.trusting(isTrusted ? ["127.0.0.1"] : [])
            try await EdgeHarness.run(upstream, routes: [Self.route(.none)], adjust: adjust) { edge in
                let client = try await RawClient.connect(
                    port: edge.port,
                    tls: try TestCertificates.shared.clientContext(protocols: ["http/1.1"]),
                    preface: header
                )
                // Fails where the handshake does.
                try? await client.send(
                    "GET /api/x HTTP/1.1\r\nHost: \(edge.host)\r\nX-Forwarded-For: 6.6.6.6\r\nConnection: close\r\n\r\n"
                )
                let answer = await client.receiveAll()
                #expect(answer.hasSuffix("hello") == isTrusted)
                #expect(upstream.receivedText().contains("x-forwarded-for: 203.0.113.7\r\n") == isTrusted)
                await client.close()
            }
        }
    }

    @Test("The cap per address counts the clients a proxy names, not the proxy")
    func cap() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(
            upstream,
            routes: [Self.route(.none)],
            adjust: {
                Self.trusting(["127.0.0.1"])(&$0)
                $0.limits.connectionsPerAddress = 1
            }
        ) { edge in
            func connect(_ last: UInt8) async throws -> RawClient {
                var address = ProxyHeaderTests.four
                address[3] = last
                let client = try await RawClient.connect(
                    port: edge.port,
                    tls: try TestCertificates.shared.clientContext(protocols: ["http/1.1"]),
                    preface: ProxyHeaderTests.header(0x11, address)
                )
                try? await client.send("GET /api/x HTTP/1.1\r\nHost: \(edge.host)\r\n\r\n")  // cut over the cap
                await client.receive(until: "hello")
                return client
            }
            let one = try await connect(1)
            #expect(one.text.hasSuffix("hello"))
            let again = try await connect(1)
            #expect(again.text.isEmpty)
            let other = try await connect(2)
            #expect(other.text.hasSuffix("hello"))
            for client in [one, again, other] { await client.close() }
        }
    }

    // MARK: Other doors

    @Test("Plain HTTP leads to https and serves nothing")
    func redirect() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(
            upstream,
            routes: [Self.route(.none)],
            adjust: { $0.redirectListen = ListenAddress(host: "127.0.0.1", port: 0) }
        ) { edge in
            let port = try #require(edge.redirectPort)
            func ask(_ method: String, _ host: String, _ path: String = "/api/x?q=%20") async throws -> String {
                let client = try await RawClient.connect(port: port, tls: nil)
                try await client.send("\(method) \(path) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n")
                let answer = await client.receiveAll()
                await client.close()
                return answer
            }
            for method in ["GET", "HEAD"] {
                let answer = try await ask(method, "localhost:\(port)")
                #expect(answer.hasPrefix("HTTP/1.1 308 Permanent Redirect\r\n"))
                #expect(answer.contains("\r\nlocation: \(edge.origin)/api/x?q=%20\r\n"))
                #expect(!answer.contains("strict-transport-security"))
            }
            let post = try await ask("POST", "localhost")
            #expect(post.hasPrefix("HTTP/1.1 403") && post.contains("https-required"))
            let foreign = try await ask("GET", "evil.example")
            #expect(foreign.hasPrefix("HTTP/1.1 421") && !foreign.contains("location"))
            #expect(upstream.connectionCount == 0)
        }
    }

    private func down(
        isDevelopment: Bool,
        _ body: (EdgeHarness) async throws -> Void
    ) async throws {
        // Stopped, it keeps its port, and refuses.
        let upstream = try await FakeUpstream.start([])
        await upstream.stop()
        try await EdgeHarness.run(
            upstream,
            routes: [Self.route(.none)],
            adjust: { $0.isDevelopment = isDevelopment },
            body
        )
    }

    @Test("In development a page navigation to a front end that is not up gets a page that asks again")
    func starting() async throws {
        try await self.down(isDevelopment: true) { edge in
            for fields in [["Sec-Fetch-Mode: navigate"], ["Accept: text/html,*/*"]] {
                let answer = try await edge.exchange("GET", "/api/", fields)
                #expect(answer.hasPrefix("HTTP/1.1 503 "))
                #expect(answer.contains("\r\nrefresh: 1\r\n"))
                #expect(answer.contains("content-security-policy: default-src 'none'"))
                #expect(answer.contains("The front end is starting"))
                #expect(!answer.contains("<script") && !answer.contains("127.0.0.1"))
            }
            for (method, fields) in [
                ("GET", ["Sec-Fetch-Mode: cors", "Accept: text/html"]), ("POST", ["Accept: text/html"]),
            ] {
                #expect(try await edge.exchange(method, "/api/", fields).contains("upstream-unreachable"))
            }
        }
        try await self.down(isDevelopment: false) { edge in
            let answer = try await edge.exchange("GET", "/api/", ["Sec-Fetch-Mode: navigate"])
            #expect(answer.hasPrefix("HTTP/1.1 502 "))
        }
    }

    @Test("The internal listener says in Proxy-Status what went wrong; the public one says nothing of the kind")
    func proxyStatus() async throws {
        try await self.down(isDevelopment: false) { edge in
            let client = try await edge.connectInternal()
            try await client.send("GET /api/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            let answer = await client.receiveAll()
            #expect(
                answer.contains(
                    "\r\nproxy-status: gatecast; error=destination_unavailable; next-hop=\"app\"; details=\""
                )
            )
            #expect(try await !edge.exchange("GET", "/api/x").contains("proxy-status"))
        }
    }
}

@Suite("ProxyStatus")
struct ProxyStatusTests {
    @Test("Whatever a reason holds, the value stays one string of printable ASCII")
    func quoting() {
        var refusal = Refusal(.upstreamBadMessage, "detail")
        refusal.reason = "a \"quoted\" back\\slash\r\nx: y ü"
        let value = ProxyStatus.value(refusal, upstream: nil)
        #expect(value == #"gatecast; error=http_protocol_error; details="a \"quoted\" back\\slash  x: y  ""#)
        #expect(value.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F })
    }

    @Test("Every code has an error type", arguments: Refusal.Code.allCases)
    func codes(code: Refusal.Code) {
        #expect(ProxyStatus.value(Refusal(code, ""), upstream: "u").hasPrefix("gatecast; error="))
    }
}
