// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Edge
internal import Foundation
package import Live
package import Observability
package import Redis
package import Sessions
package import Settings
package import Tokens
package import Upstreams

/// All of `gatecast.yaml`, decoded strictly: what is left over after every part took the keys it knows is an error.
package struct GatewaySettings: Sendable {
    package enum Profile: String, CaseIterable, Sendable {
        case production
        /// Serves the embedded page, tells more in errors; set by `gatecast up`.
        case dev
    }

    package var profile: Profile
    package var edge: EdgeSettings
    package var admin: AdminSettings
    /// Folder of the embedded stores. Default `var`; relative paths count from the working directory.
    package var data: String
    /// nil: embedded log and sessions, one process.
    package var redis: RedisSettings?
    /// nil: nobody can log in; only bearers and anonymous requests.
    package var sessions: SessionSettings?
    package var issuers: [IssuerProfile]
    package var upstreams: [UpstreamSettings]
    package var live: LiveSettings
    package var tracing: TracingSettings
    /// How long a stopping gateway answers "not ready" while it still serves, so that balancers look elsewhere first.
    /// Default 5 s, in `dev` none.
    package var notReady: Duration
    /// What `/readyz` insists on.
    package var ready = ReadyRule.live

    package enum ReadyRule: String, CaseIterable, Sendable {
        /// Proxying and events: a node whose log is out of reach takes no new clients. The default.
        case live
        /// Proxying alone: an outage of the log is told, and leaves REST in rotation.
        case proxy
    }
    /// What stands under each key of the file, as a number that tells one content from another; default where it is absent.
    package private(set) var sections: [String: Int]
    /// Keys and authorities that the file names, beside the certificates of `tls`.
    package private(set) var namedFiles: [String]

    /// - Parameter environment: what `${NAME}` may stand for.
    package static func load(file: String, environment: [String: String]) throws(SettingsError) -> GatewaySettings {
        try GatewaySettings(text: Self.read(file), file: file, environment: environment)
    }

    package init(text: String, file: String, environment: [String: String]) throws(SettingsError) {
        let node = try SettingsNode.parse(text, file: file, environment: environment)
        var map = try node.map()
        sections = Dictionary(map.entries.map { ($0.key, $0.value.fingerprint) }) { $1 }
        namedFiles = node.files

        profile = try map.take("profile")?.choice(Profile.self) ?? .production
        data = try map.take("data")?.nonEmptyString(advice: "data: var") ?? "var"

        var upstreams: [UpstreamSettings] = []
        for entry in try map.take("upstreams")?.map().entries ?? [] {
            upstreams.append(
                try UpstreamSettings(name: entry.key, node: entry.value, isDevelopment: profile == .dev)
            )
        }
        self.upstreams = upstreams
        let names = Set(upstreams.map(\.name))

        var listen = try map.require("listen", advice: "listen: { public: \"127.0.0.1:8443\" }").map()
        let adminListen = try listen.take("admin").map(Self.loopback) ?? ListenAddress(host: "127.0.0.1", port: 9090)
        edge = try EdgeSettings(
            map: &map,
            listen: &listen,
            upstreams: names,
            isDevelopment: profile == .dev
        )
        try listen.finish()

        admin = try AdminSettings(node: map.take("admin"), listen: adminListen)
        redis = try Self.redis(map.take("redis"))
        sessions = try Self.sessions(map.take("sessions"), upstreams: upstreams)
        let authorities = Set(upstreams.flatMap { $0.endpoints.map(\.description) })
        issuers = try IssuerProfile.list(node: map.take("issuers"), upstreams: authorities)
        let liveNode = map.take("live")
        live = try LiveSettings(node: liveNode)
        if redis == nil, !live.channels.rules.isEmpty, let liveNode {
            throw liveNode.error("live.channels reads what Django publishes in Redis", advice: "set redis.url too")
        }
        if var map = try map.take("ready")?.map() {
            ready = try map.take("require")?.choice(ReadyRule.self) ?? .live
            try map.finish()
        }
        tracing = try TracingSettings(node: map.take("tracing"), environment: environment)
        notReady = try Self.notReady(map.take("drain")) ?? (profile == .dev ? .zero : .seconds(5))
        if redis != nil, edge.signsAssertions, edge.identity.key == nil {
            throw map.error(
                "redis stands for several nodes, and all must sign identity assertions with one key",
                advice:
                    "identity: { keyFile: identity-key.pem } (openssl genpkey -algorithm ed25519 -out identity-key.pem)"
            )
        }
        try map.finish()
    }

    /// The admin part alone, for tools that only want to find the gateway: no other secret has to be set.
    package static func adminOnly(file: String, environment: [String: String]) throws(SettingsError) -> AdminSettings {
        let text = try read(file)
        var environment = environment
        for match in text.matches(of: /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/) where environment[String(match.1)] == nil {
            environment[String(match.1)] = ""
        }
        var map = try SettingsNode.parse(text, file: file, environment: environment).map()
        var listen = try map.take("listen")?.map()
        let address = try listen?.take("admin").map(loopback) ?? ListenAddress(host: "127.0.0.1", port: 9090)
        return try AdminSettings(node: map.take("admin"), listen: address)
    }

    private static func read(_ file: String) throws(SettingsError) -> String {
        do { return try String(contentsOfFile: file, encoding: .utf8) } catch {
            throw SettingsError(
                file: file,
                line: 1,
                path: "",
                message: "cannot be read",
                advice: "an existing file of UTF-8 text, named with --config; README.md shows one"
            )
        }
    }

    private static func loopback(_ node: SettingsNode) throws(SettingsError) -> ListenAddress {
        let address = try node.listenAddress()
        guard address.isLoopback else {
            throw node.error(
                "the admin listener speaks plain HTTP, and \(address.host) is not loopback",
                advice: "127.0.0.1:9090"
            )
        }
        return address
    }

    /// Bounded, since the whole shutdown is: see `GatewayProcess.group`.
    private static func notReady(_ node: SettingsNode?) throws(SettingsError) -> Duration? {
        guard let node else { return nil }
        var map = try node.map()
        let notReady = try map.take("notReady")?.duration(in: .zero ... .seconds(15))
        try map.finish()
        return notReady
    }

    private static func redis(_ node: SettingsNode?) throws(SettingsError) -> RedisSettings? {
        guard let node else { return nil }
        var map = try node.map()
        let url = map.take("url")
        try map.finish()
        guard let url, !url.isEmpty else { return nil }
        do { return try RedisSettings(url: url.string()) } catch let error as SettingsError {
            throw error
        } catch {
            // The URL may hold a password: the error names the rule, never the text.
            throw url.error(
                "is no Redis URL: \(error)",
                advice: "redis://user:password@host:6379/0, rediss://… for TLS, or leave it empty"
            )
        }
    }

    private static func sessions(_ node: SettingsNode?, upstreams: [UpstreamSettings]) throws(SettingsError)
        -> SessionSettings?
    {
        guard let node else { return nil }
        let settings = try SessionSettings(node: node)
        guard let upstream = upstreams.first(where: { $0.name == settings.upstream }) else {
            throw node.error(
                "sessions.upstream \"\(settings.upstream)\" is not under upstreams",
                advice: "upstream: one of \(upstreams.map(\.name).sorted().joined(separator: ", "))"
            )
        }
        guard upstream.tls == nil else {
            throw node.error(
                "sessions.upstream \"\(upstream.name)\" has https endpoints, and logins are sent over plain HTTP",
                advice: "an upstream with plain endpoints on a network you trust"
            )
        }
        return settings
    }

    /// One line for `gatecast check`.
    package var summary: String {
        let store = redis == nil ? "embedded stores in \(data)/" : "stores in Redis"
        return "\(edge.routes.count) routes, \(upstreams.count) upstreams, \(issuers.count) issuers, \(store)"
    }
}
