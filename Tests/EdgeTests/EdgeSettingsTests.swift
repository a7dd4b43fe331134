// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import HTTPMessages
import Settings
import TestSupport
import Testing
import Tokens

@testable import Edge

@Suite("EdgeSettings")
struct EdgeSettingsTests {
    private static let directory: String = {
        let directory = NSTemporaryDirectory() + "gatecast-edge-settings-\(UUID().uuidString)"
        do {
            try TestCertificates.shared.write(to: directory)
            try TestCertificates().keyPEM.write(toFile: directory + "/other-key.pem", atomically: true, encoding: .utf8)
        } catch { fatalError("\(error)") }
        return directory
    }()

    private func load(
        listen: String = "{ public: \"127.0.0.1:0\", internal: \"127.0.0.1:0\" }",
        origins: String = "[\"https://localhost:8443\"]",
        certificate: String = "localhost.pem",
        key: String = "localhost-key.pem",
        routes: String = "[]",
        more: String = "",
        isDevelopment: Bool = false
    ) throws -> EdgeSettings {
        let yaml = """
            listen: \(listen)
            origins: \(origins)
            tls: { certificate: "\(Self.directory)/\(certificate)", key: "\(Self.directory)/\(key)" }
            routes: \(routes)
            \(more)
            """
        var map = try SettingsNode.parse(yaml, file: "gatecast.yaml", environment: [:]).map()
        var listen = try map.require("listen", advice: "").map()
        let settings = try EdgeSettings(
            map: &map,
            listen: &listen,
            upstreams: ["tasks", "web"],
            isDevelopment: isDevelopment
        )
        try listen.finish()
        try map.finish()
        return settings
    }

    private func refusal(_ body: () throws -> EdgeSettings) -> String {
        do {
            _ = try body()
            return "loaded"
        } catch { return "\(error)" }
    }

    @Test("The shortest file loads, with safe defaults")
    func loads() throws {
        let settings = try self.load(
            routes:
                "[{ prefix: /api/tasks/, upstream: tasks, auth: required }, { prefix: /, upstream: web, auth: optional, session: pass }]",
            more: "limits: { body: 2MiB, head: 5s }"
        )
        #expect(settings.routes[0].identity == .bearer)
        #expect(settings.routes[1].identity == .none)
        #expect(settings.limits.body == 2 << 20)
        #expect(settings.limits.head == .seconds(5))
        #expect(settings.limits.connectionsPerAddress == 1_024)
    }

    @Test("Windows of HTTP/2 begin at what clients start from: 64 KiB is the least, one byte below it is refused")
    func windows() throws {
        let limits = try self.load(more: "limits: { streamWindow: 64KiB, connectionWindow: 64KiB }").limits
        #expect(limits.streamWindow == 65_536)
        #expect(limits.connectionWindow == 65_536)
        for key in ["streamWindow", "connectionWindow"] {
            #expect(throws: (any Error).self) { try self.load(more: "limits: { \(key): 65535 }") }
        }
    }

    @Test("Limits of heads and of the node's connections load, and a head is never without one")
    func headLimits() throws {
        let more = "limits: { uri: 4KiB, field: 8KiB, headSize: 16KiB, fields: 50, connections: 20000 }"
        let limits = try self.load(more: more).limits
        #expect(limits.heads == HeadLimits(uri: 4 << 10, field: 8 << 10, head: 16 << 10, fields: 50))
        #expect(limits.connections == 20_000)
        let off = try self.load(more: "limits: { uri: 0, field: 0, fields: 0, connections: 0 }").limits
        #expect(off.heads == HeadLimits(uri: 0, field: 0, head: 32 << 10, fields: 0))
        #expect(self.refusal { try self.load(more: "limits: { headSize: 0 }") }.contains("headSize"))
        #expect(EdgeLimits().connections > 100)
    }

    static let refusals: [(String, [String])] = [
        ("{ prefix: /a, upstream: tasks }", ["routes[0]", "auth: required, optional or none"]),
        ("{ prefix: /a, upstream: tasks, auth: maybe }", ["required"]),
        ("{ prefix: /a, upstream: nobody, auth: none }", ["unknown upstream \"nobody\"", "tasks, web"]),
        (
            "{ prefix: /a, upstream: tasks, auth: none, identity: bearer }",
            ["identity has no meaning beside auth: none"]
        ),
        ("{ prefix: /a, upstream: tasks, auth: none, identity: assertion }", ["identity has no meaning"]),
        ("{ prefix: /a, upstream: tasks, auth: required, audience: x }", ["identity: assertion beside it"]),
        (
            "{ prefix: /a, upstream: tasks, auth: required, identity: none, strict: true }",
            ["identity: assertion beside"]
        ),
        (
            "{ prefix: /a, upstream: tasks, auth: required, headers: { keep: [gatecast-identity] } }",
            ["no client may say it"]
        ),
        ("{ prefix: /auth/x, upstream: tasks, auth: none }", ["/auth is answered by the gateway itself"]),
        ("{ prefix: /live, upstream: tasks, auth: none }", ["/live is answered by the gateway itself"]),
        ("{ prefix: /%61uth, upstream: tasks, auth: none }", ["/auth is answered by the gateway itself"]),
        ("{ prefix: api, upstream: tasks, auth: none }", ["prefix: /api"]),
        ("{ prefix: /a/../b, upstream: tasks, auth: none }", ["no request can match"]),
        ("{ prefix: /a, upstream: tasks, auth: none, methods: [BREW] }", ["BREW"]),
        ("{ prefix: /a, upstream: tasks, auth: none, prefux: 1 }", ["prefux"]),
        ("{ prefix: /a, upstream: tasks, auth: none, slash: strip }", ["append, keep"]),
        ("{ prefix: /a, upstream: tasks, auth: none, host: next }", ["request, upstream"]),
        ("{ prefix: /a, upstream: tasks, auth: none, encodedSlash: true }", ["refuse, allow"]),
        ("{ prefix: /a, upstream: tasks, auth: none, stripPrefix: true, rewrite: /b }", ["not both"]),
        ("{ prefix: /, upstream: tasks, auth: none, stripPrefix: true }", ["nothing to strip"]),
        ("{ prefix: /a, upstream: tasks, auth: none, rewrite: b }", ["is no path", "/v1/"]),
        ("{ prefix: /a, upstream: tasks, auth: none, rewrite: /b/../c }", ["no request may go there"]),
        ("{ prefix: /a, upstream: tasks, auth: none, rewrite: \"/b?c\" }", ["is no path"]),
        ("{ prefix: /a, upstream: tasks, auth: none, websocket: maybe }", ["refuse, tunnel"]),
        (
            "{ prefix: /a, upstream: tasks, auth: none, websocket: tunnel, methods: [GET] }",
            ["takes GET alone", "remove methods"]
        ),
        ("{ prefix: /a, upstream: tasks, auth: none, timeouts: { idle: 1m } }", ["websocket: tunnel, or remove idle"]),
        ("{ prefix: /a, upstream: tasks, auth: none }, { prefix: /a/, upstream: web, auth: none }", ["stands twice"]),
    ]

    @Test("Each mistake in a route refuses to load and says what to write", arguments: Self.refusals)
    func routes(route: String, sentences: [String]) {
        let text = self.refusal { try self.load(routes: "[\(route)]") }
        for sentence in sentences { #expect(text.contains(sentence), "\(text)") }
        #expect(text.contains("gatecast.yaml:4"), "\(text)")
    }

    @Test("A prefix that merely begins like ours is fine")
    func similar() throws {
        #expect(try self.load(routes: "[{ prefix: /authors, upstream: web, auth: none }]").routes.count == 1)
    }

    @Test(
        "Origins are exact and https",
        arguments: ["[\"https://*.example\"]", "[\"http://localhost\"]", "[\"https://a/b\"]", "[]", "[\"https://\"]"]
    )
    func origins(list: String) {
        #expect(self.refusal { try self.load(origins: list) }.contains("gatecast.yaml:2"))
    }

    @Test("Certificate files are opened and compared")
    func certificates() {
        #expect(self.refusal { try self.load(certificate: "missing.pem") }.contains("cannot read a certificate"))
        #expect(self.refusal { try self.load(key: "missing.pem") }.contains("cannot read a private key"))
        #expect(self.refusal { try self.load(key: "other-key.pem") }.contains("is not the key of"))
    }

    @Test("The internal listener stays on loopback unless its peers are named")
    func internalListener() throws {
        let open = "{ public: \"127.0.0.1:0\", internal: \"0.0.0.0:9080\" }"
        #expect(self.refusal { try self.load(listen: open) }.contains("allowFrom"))
        let named = try self.load(listen: open, more: "internal: { allowFrom: [\"10.0.0.0/8\"] }")
        #expect(named.internalAllowFrom.count == 1)
        #expect(self.refusal { try self.load(more: "internal: { allowFrom: [nonsense] }") }.contains("CIDR"))
    }

    @Test("Login and registration pages are paths of ours")
    func pages() throws {
        let pages = try self.load(more: "auth: { loginPage: /login, registerPage: /join }").pages
        #expect(pages == AuthPages(login: "/login", register: "/join"))
        #expect(self.refusal { try self.load(more: "auth: { loginPage: \"//evil\" }") }.contains("loginPage: /login"))
        #expect(
            self.refusal { try self.load(more: "auth: { registerPage: \"https://evil\" }") }
                .contains("registerPage: /register")
        )
    }

    @Test("The login endpoints move, and routes keep out of wherever they are")
    func prefix() throws {
        let moved = "auth: { prefix: /session }"
        let djoser = "[{ prefix: /auth/, upstream: tasks, auth: none }]"
        #expect(try self.load(routes: djoser, more: moved).pages.prefix == "/session")
        #expect(self.refusal { try self.load(routes: djoser) }.contains("answered by the gateway itself"))
        let into = "[{ prefix: /session/x, upstream: tasks, auth: none }]"
        #expect(self.refusal { try self.load(routes: into, more: moved) }.contains("answered by the gateway itself"))
        for bad in ["auth", "/", "/a//b", "/a/", "/a b", "/a%20b", "/..", "/live"] {
            #expect(
                self.refusal { try self.load(more: "auth: { prefix: \"\(bad)\" }") }.contains("prefix: /session"),
                "\(bad)"
            )
        }
    }

    @Test("In development Next's hot reload is tunnelled to where pages go, unless a route says otherwise")
    func hotReload() throws {
        let pages =
            "{ prefix: /docs, upstream: tasks, auth: none, session: pass }, "
            + "{ prefix: /, upstream: web, auth: optional, session: pass }"
        let settings = try self.load(routes: "[\(pages)]", isDevelopment: true)
        #expect(settings.routes.count == 3)
        #expect(settings.routes[2].prefix == "/_next/webpack-hmr")
        #expect(settings.routes[2].webSocket == .tunnel)
        #expect(settings.routes[2].upstream == "web")
        #expect(settings.routes[2].authentication == .none)
        #expect(try self.load(routes: "[\(pages)]").routes.count == 2)
        let own = "{ prefix: /_next/webpack-hmr/, upstream: tasks, auth: none }"
        #expect(try self.load(routes: "[\(pages), \(own)]", isDevelopment: true).routes.count == 3)
        #expect(try self.load(routes: "[]", isDevelopment: true).routes.isEmpty)
    }

    @Test("A tunnel's idle time is the route's, else the listener's")
    func tunnelIdle() throws {
        let settings = try self.load(
            routes: "[{ prefix: /ws/, upstream: tasks, auth: required, websocket: tunnel, timeouts: { idle: 1m } }]",
            more: "limits: { tunnelIdle: 10m }"
        )
        #expect(settings.routes[0].idleTimeout == .seconds(60))
        #expect(settings.limits.tunnelIdle == .seconds(600))
        #expect(self.refusal { try self.load(more: "limits: { tunnelIdle: 0s }") }.contains("above zero"))
    }

    @Test("Assertions are for the upstream by its name, or by the one it goes by")
    func assertions() throws {
        let settings = try self.load(
            routes: """
                [{ prefix: /a, upstream: tasks, auth: required, identity: assertion },
                 { prefix: /b, upstream: web, auth: required, identity: assertion, audience: pages, strict: true }]
                """
        )
        #expect(settings.signsAssertions)
        #expect(settings.routes.map(\.assertionAudience) == ["tasks", "pages"])
        #expect(settings.routes.map(\.strictAssertion) == [false, true])
    }

    @Test("Keys of assertions are opened, must be ours alone, and no RSA")
    func identityKeys() throws {
        let file = Self.directory + "/identity-\(UUID().uuidString).pem"
        let key = try SigningKey.generate(.es256)
        #expect(try key.create(path: file))
        let settings = try self.load(more: "identity: { keyFile: \"\(file)\" }")
        #expect(try settings.identity.keys { try .generate($0) }.map(\.kid) == [key.kid])
        let refusals = [
            ("{ keyFile: /nowhere.pem }", "openssl genpkey -algorithm ed25519"),
            ("{ algorithm: RS256 }", "EdDSA or ES256"),
            ("{ nextKeyFile: \"\(file)\" }", "needs the one that signs"), ("{ key: x }", "keyFile"),
        ]
        for (node, sentence) in refusals {
            let text = self.refusal { try self.load(more: "identity: \(node)") }
            #expect(text.contains(sentence), "\(text)")
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
        #expect(self.refusal { try self.load(more: "identity: { keyFile: \"\(file)\" }") }.contains("chmod 600"))
    }

    @Test("Manners of a route, and who may speak for others")
    func manners() throws {
        let settings = try self.load(
            listen: "{ public: \"127.0.0.1:0\", redirect: \"127.0.0.1:8080\" }",
            routes: """
                [{ prefix: /a/, upstream: tasks, auth: none, slash: append, stripPrefix: true, host: upstream },
                 { prefix: /b/, upstream: web, auth: none, rewrite: /v1/, encodedSlash: allow, parameters: allow,
                   timeouts: { head: 1s, bodyIdle: 2m } }, { prefix: /c, upstream: web, auth: none, stripPrefix: false }]
                """,
            more: "trustedProxies: [\"10.0.0.0/8\", \"2001:db8::1\"]"
        )
        #expect(settings.routes.map(\.rewrite) == [.strip, .replace("/v1/"), .none])
        #expect(settings.routes.map(\.slash) == [.append, .keep, .keep])
        #expect(settings.routes.map(\.host) == [.upstream, .request, .request])
        #expect(settings.routes.map(\.pathExceptions) == [[], [.encodedSlash, .parameters], []])
        #expect(settings.routes[1].bodyIdleTimeout == .seconds(120))
        #expect(settings.redirectListen?.port == 8_080)
        #expect(settings.trustedProxies.count == 2)
        #expect(self.refusal { try self.load(more: "trustedProxies: [proxy.example]") }.contains("CIDR"))
        #expect(try self.load().trustedProxies.isEmpty)
    }
}
