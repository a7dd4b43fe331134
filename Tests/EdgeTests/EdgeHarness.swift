// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import EventLog
import Foundation
import Live
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import ServiceLifecycle
import Sessions
import Settings
import StrictJSON
import Synchronization
import TestSupport
import Tokens
import Upstreams
import Wire

@testable import Edge

/// The edge on live sockets: real TLS, real sessions in SQLite, a fake backend and one scripted upstream.
final class EdgeHarness: Sendable {
    static let issuerSecret = Secret("0123456789abcdef0123456789abcdef")

    let port: Int
    let internalPort: Int
    /// `nil` where `adjust` asked for none.
    let redirectPort: Int?
    let hub: Hub
    let log: EmbeddedEventLog
    let sessions: SessionAuthority
    let tokens: TokenAuthority
    let provider: FakeProvider
    let listener: EdgeListener
    let directory: String
    private let settings: EdgeSettings
    private let app: Mutex<Upstream>
    private let group: ServiceGroup
    private let task: Task<Void, any Error>

    /// Runs `body` against an edge with these routes; every route's upstream is `app`.
    static func run(
        _ upstream: FakeUpstream,
        routes: [RouteSettings] = [.init(prefix: "/api/", upstream: "app", authentication: .none)],
        page: (any StaticPage)? = nil,
        store: (any SessionStore) -> any SessionStore = { $0 },
        rateLimits: SharedRateLimits? = nil,
        tracing: EdgeTracing? = nil,
        logger: Logger? = nil,
        adjust: (inout EdgeSettings) -> Void = { _ in },
        _ body: (EdgeHarness) async throws -> Void
    ) async throws {
        let address = ListenAddress(host: upstream.host, port: upstream.port)
        do {
            try await self.run(
                at: address,
                routes: routes,
                page: page,
                store: store,
                rateLimits: rateLimits,
                tracing: tracing,
                logger: logger,
                adjust: adjust,
                body
            )
        } catch {
            await upstream.stop()
            throw error
        }
        await upstream.stop()
    }

    /// The same with an upstream of the caller's.
    static func run(
        at address: ListenAddress,
        routes: [RouteSettings],
        page: (any StaticPage)? = nil,
        store: (any SessionStore) -> any SessionStore = { $0 },
        rateLimits: SharedRateLimits? = nil,
        tracing: EdgeTracing? = nil,
        logger: Logger? = nil,
        adjust: (inout EdgeSettings) -> Void = { _ in },
        _ body: (EdgeHarness) async throws -> Void
    ) async throws {
        let harness = try await EdgeHarness(
            address,
            routes,
            page,
            store,
            rateLimits,
            tracing,
            logger,
            adjust
        )
        do {
            try await body(harness)
        } catch {
            await harness.stop()
            throw error
        }
        await harness.stop()
    }

    private init(
        _ address: ListenAddress,
        _ routes: [RouteSettings],
        _ page: (any StaticPage)?,
        _ store: (any SessionStore) -> any SessionStore,
        _ rateLimits: SharedRateLimits?,
        _ tracing: EdgeTracing?,
        _ logger: Logger?,
        _ adjust: (inout EdgeSettings) -> Void
    ) async throws {
        let directory = NSTemporaryDirectory() + "gatecast-edge-\(UUID().uuidString)"
        try TestCertificates.shared.write(to: directory)
        self.directory = directory
        let quiet = Logger(label: "edge-tests") { _ in SwiftLogNoOpLogHandler() }
        let loops = MultiThreadedEventLoopGroup.singleton

        let provider = FakeProvider()
        self.provider = provider
        let key = Secret(bytes: [UInt8](repeating: 7, count: 32))
        let sessions = SessionAuthority(
            settings: SessionSettings(upstream: "app", key: key),
            store: store(try SQLiteSessionStore(path: directory + "/sessions.sqlite")),
            provider: provider,
            logger: quiet
        )
        self.sessions = sessions
        let log = try EmbeddedEventLog()
        self.log = log
        let hub = Hub(
            settings: LiveSettings(),
            log: log,
            lane: EmbeddedEphemeralLane(),
            group: loops,
            sessionCheck: { _ in .unknown },
            logger: quiet
        )
        self.hub = hub
        sessions.observe { event in
            if case .ended(let key, _) = event { hub.closeSession(LiveSessionKey(key.bytes), .sessionEnded) }
        }
        var profile = IssuerProfile(
            iss: "https://issuer.test",
            audience: ["gatecast"],
            source: .secret(Self.issuerSecret)
        )
        profile.leeway = .zero

        var settings = EdgeSettings(
            publicListen: ListenAddress(host: "127.0.0.1", port: 0),
            internalListen: ListenAddress(host: "127.0.0.1", port: 0),
            origins: [PublicOrigin(host: "localhost", port: 0)],
            tls: .init(certificate: directory + "/localhost.pem", key: directory + "/localhost-key.pem"),
            routes: routes
        )
        settings.limits.drain = .seconds(3)
        // Out of the way of a busy machine, unless they are what is tested.
        settings.limits.handshake = .seconds(120)
        settings.limits.head = .seconds(120)
        settings.limits.bodyIdle = .seconds(120)
        settings.limits.bodyGrace = .seconds(120)
        adjust(&settings)
        var upstream = UpstreamSettings(name: "app", endpoints: [address])
        upstream.connectTimeout = .seconds(60)
        upstream.headTimeout = .seconds(120)
        upstream.bodyIdleTimeout = .seconds(120)
        let app = Upstream(upstream)
        let tokens = TokenAuthority(profiles: [profile], source: NoKeys(), logger: quiet)
        self.tokens = tokens
        let services = EdgeServices(
            sessions: sessions,
            tokens: tokens,
            hub: hub,
            upstreams: ["app": app],
            page: page,
            identityKeys: settings.signsAssertions ? [try SigningKey.generate(.edDSA)] : [],
            rateLimits: rateLimits,
            tracing: tracing
        )
        self.settings = settings
        self.app = Mutex(app)
        let (stream, continuation) = AsyncStream<(String, Int)>.makeStream()
        let listener = EdgeListener(settings: settings, services: services, group: loops, logger: logger ?? quiet) {
            name,
            address in
            continuation.yield((name, address.port))
        }
        self.listener = listener
        let group = ServiceGroup(services: [sessions, hub, listener], gracefulShutdownSignals: [], logger: quiet)
        self.group = group
        self.task = Task {
            defer { continuation.finish() }
            try await group.run()
        }
        var ports: [String: Int] = [:]
        for await (name, port) in stream {
            ports[name] = port
            if ports.count == (settings.redirectListen == nil ? 2 : 3) { break }
        }
        guard let publicPort = ports["public"], let internalPort = ports["internal"] else {
            try await self.task.value
            throw EdgeTestFailure(description: "the edge did not listen")
        }
        self.port = publicPort
        self.internalPort = internalPort
        self.redirectPort = ports["redirect"]
    }

    func stop() async {
        await self.group.triggerGracefulShutdown()
        // What the group threw is the test's own business; here it only has to be over.
        try? await self.task.value
        try? FileManager.default.removeItem(atPath: self.directory)  // the system's temporary folder
    }

    /// Puts the harness's own settings with `adjust` in force, over the same upstream.
    func reload(_ adjust: (inout EdgeSettings) -> Void) async throws {
        var settings = self.settings
        adjust(&settings)
        await self.listener.adopt(try self.listener.prepare(settings, upstreams: ["app": self.app.withLock { $0 }]))
    }

    /// Puts every route on another upstream at the same address in force; nobody here keeps the old one.
    func replaceUpstream() async throws {
        var settings = self.settings
        settings.routes = settings.routes.map { route in
            var route = route
            route.upstream = "other"
            return route
        }
        let other = self.app.withLock { app in
            app = Upstream(UpstreamSettings(name: "other", endpoints: app.settings.endpoints))
            return app
        }
        await self.listener.adopt(try self.listener.prepare(settings, upstreams: ["other": other]))
    }

    func beginShutdown() async { await self.group.triggerGracefulShutdown() }

    var host: String { "localhost:\(self.port)" }
    var origin: String { "https://\(self.host)" }

    func connect(protocols: [String] = ["http/1.1"]) async throws -> RawClient {
        try await RawClient.connect(
            port: self.port,
            tls: try TestCertificates.shared.clientContext(protocols: protocols)
        )
    }

    func connectInternal() async throws -> RawClient { try await RawClient.connect(port: self.internalPort, tls: nil) }

    /// One request, the whole answer; the connection is closed by the server.
    func exchange(_ method: String, _ path: String, _ fields: [String] = [], body: String = "") async throws -> String {
        let client = try await self.connect()
        var text = "\(method) \(path) HTTP/1.1\r\nHost: \(self.host)\r\nConnection: close\r\n"
        for field in fields { text += field + "\r\n" }
        if !body.isEmpty { text += "Content-Length: \(body.utf8.count)\r\n" }
        try await client.send(text + "\r\n" + body)
        let answer = await client.receiveAll()
        await client.close()
        return answer
    }

    /// Logs in and returns the `Cookie` field.
    func login(_ name: String = "ana") async throws -> String {
        let answer = try await self.exchange(
            "POST",
            "/auth/login",
            ["Content-Type: application/json", "Sec-Fetch-Site: same-origin"],
            body: "{\"username\":\"\(name)\",\"password\":\"right\"}"
        )
        guard let start = answer.range(of: "set-cookie: __Host-Http-sid=")?.upperBound else {
            throw EdgeTestFailure(description: "login answered \(answer)")
        }
        return "Cookie: __Host-Http-sid=\(answer[start...].prefix(43))"
    }

    func bearer(_ subject: String) throws -> String {
        try TokenIssuer(issuer: "https://issuer.test", audience: ["gatecast"], secret: Self.issuerSecret)
            .issue(subject: subject, lifetime: .seconds(600), now: Int64(Date().timeIntervalSince1970))
    }
}

private struct NoKeys: KeySetSource {
    func fetch(_ url: String) async throws(KeySetFetchError) -> FetchedKeySet {
        throw KeySetFetchError(.unreachable, url)
    }
}

/// A backend that knows one password.
final class FakeProvider: IdentityProvider {
    private let loginCount = Mutex(0)
    private let tokens = Mutex<[String: String]>([:])
    private let refreshCount = Mutex(0)
    var refreshes: Int { self.refreshCount.withLock { $0 } }
    var logins: Int { self.loginCount.withLock { $0 } }

    func login(_ fields: JSONValue, from client: ClientHint) async throws(IdentityError) -> IssuedTokens {
        self.loginCount.withLock { $0 += 1 }
        guard let name = fields["username"]?.string, fields["password"]?.string == "right" else {
            throw .invalidCredentials
        }
        let end = Date(timeIntervalSinceNow: 3_600)
        return IssuedTokens(
            accessToken: self.accessToken(name),
            refreshToken: "refresh-of-\(name)",
            subject: "id-\(name)",
            claims: ["sub": .string("id-\(name)")],
            accessEnd: end,
            refreshEnd: Date(timeIntervalSinceNow: 86_400),
            profile: ["username": .string(name)]
        )
    }

    /// The same for each login of one name.
    func accessToken(_ name: String) -> String {
        let issuer = TokenIssuer(issuer: "https://backend.test", audience: [], secret: EdgeHarness.issuerSecret)
        do {
            return try self.tokens.withLock { tokens in
                if let token = tokens[name] { return token }
                let now = Int64(Date().timeIntervalSince1970)
                let token = try issuer.issue(subject: "id-\(name)", lifetime: .seconds(3_600), now: now)
                tokens[name] = token
                return token
            }
        } catch { fatalError("a token of plain strings can be signed: \(error)") }
    }

    func refresh(_ token: String) async throws(IdentityError) -> IssuedTokens {
        self.refreshCount.withLock { $0 += 1 }
        throw .unavailable("not in this test")
    }
    func revoke(_ token: String) async throws(IdentityError) {}
    func register(_ fields: JSONValue, from client: ClientHint) async throws(IdentityError) {
        guard fields["username"]?.string != "taken" else {
            throw .validationFailed(["username": ["is taken"]])
        }
    }
}

struct EdgeTestFailure: Error, CustomStringConvertible {
    let description: String
}
