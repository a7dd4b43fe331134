// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore
package import Settings

/// What faces the internet: listeners, origins, certificate, routes and limits (proxy.md §1, §2, §10).
package struct EdgeSettings: Sendable {
    package struct CertificateFiles: Sendable, Hashable {
        /// PEM, leaf first, then its chain.
        package var certificate: String
        /// PEM, the leaf's private key.
        package var key: String

        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    package var publicListen: ListenAddress
    /// `nil`: no internal listener.
    package var internalListen: ListenAddress?
    /// Peers of the internal listener beside loopback (CIDR). A bind address other than loopback needs at least one.
    package var internalAllowFrom: [AddressRange]
    /// `Host` values of the internal listener, without port. Loopback names by default.
    package var internalHosts: [String]
    package var origins: [PublicOrigin]
    package var tls: CertificateFiles
    /// Further pairs, chosen by the name a client asks for (SNI); `tls` is for all others.
    package var furtherCertificates: [CertificateFiles] = []
    package var routes: [RouteSettings]
    package var limits: EdgeLimits
    /// `auth:`: the login endpoints' prefix and the pages around them.
    package var pages: AuthPages
    /// Foreign origins let past the cross-site rule (login.md §7), as browsers spell them. Empty by default.
    package var allowedOrigins: [String]
    /// Plain HTTP that sends browsers to https; `nil`: none.
    package var redirectListen: ListenAddress?
    /// Peers that may say whom they speak for: `X-Forwarded-For`, `X-Forwarded-Host`, the PROXY protocol. Empty by default.
    package var trustedProxies: [AddressRange] = []
    /// `profile: dev`.
    package var isDevelopment = false
    package var identity = IdentitySettings()
    /// Some route sends assertions, so there must be a key to sign them with.
    package var signsAssertions: Bool { self.routes.contains { $0.identity == .assertion } }

    /// All pairs, the one for everybody first.
    package var certificates: [CertificateFiles] { [self.tls] + self.furtherCertificates }

    package static let loopbackHosts = ["localhost", "127.0.0.1", "[::1]"]

    package init(
        publicListen: ListenAddress,
        internalListen: ListenAddress?,
        origins: [PublicOrigin],
        tls: CertificateFiles,
        routes: [RouteSettings],
        limits: EdgeLimits = EdgeLimits(),
        pages: AuthPages = AuthPages(),
        allowedOrigins: [String] = [],
        internalAllowFrom: [AddressRange] = [],
        internalHosts: [String] = Self.loopbackHosts
    ) {
        self.publicListen = publicListen
        self.internalListen = internalListen
        self.internalAllowFrom = internalAllowFrom
        self.internalHosts = internalHosts
        self.origins = origins
        self.tls = tls
        self.routes = routes
        self.limits = limits
        self.pages = pages
        self.allowedOrigins = allowedOrigins
    }

    /// Takes its keys out of the top-level `map`, and `public internal redirect` out of its
    /// `listen` map, which keeps `admin` for its owner. `upstreams` holds the configured names. Certificate files are
    /// opened, parsed and compared here, so that `gatecast check` finds what `serve` would.
    package init(
        map: inout SettingsMap,
        listen: inout SettingsMap,
        upstreams: Set<String>,
        isDevelopment: Bool = false
    ) throws(SettingsError) {
        let publicListen = try listen.require("public", advice: "public: \"127.0.0.1:8443\"").listenAddress()
        let redirectListen = try listen.take("redirect")?.listenAddress()
        let internalNode = listen.take("internal")
        var internalListen: ListenAddress?
        if let internalNode { internalListen = try internalNode.listenAddress() }

        var allowFrom: [AddressRange] = []
        var hosts = Self.loopbackHosts
        if let node = map.take("internal") {
            var inner = try node.map()
            allowFrom = try Self.ranges(inner.take("allowFrom"))
            if let list = inner.take("hosts") {
                hosts = []
                for item in try list.list() { hosts.append(try item.string().lowercased()) }
            }
            try inner.finish()
        }
        if let internalListen, let internalNode, allowFrom.isEmpty, !internalListen.isLoopback {
            throw internalNode.error(
                "the internal listener trusts its peers, and \(internalListen.host) is not loopback",
                advice: "127.0.0.1:9080, or name the peers: internal: { allowFrom: [\"10.0.0.0/8\"] }"
            )
        }

        let originsNode = try map.require("origins", advice: "origins: [\"https://localhost:8443\"]")
        var origins: [PublicOrigin] = []
        for item in try originsNode.list() { origins.append(try PublicOrigin(node: item)) }
        guard !origins.isEmpty else {
            throw originsNode.error("no public origin", advice: "origins: [\"https://localhost:8443\"]")
        }

        let certificates = try Self.certificates(
            map.require("tls", advice: "tls: { certificate: certs/localhost.pem, key: certs/localhost-key.pem }")
        )
        let pages = try AuthPages(node: map.take("auth"))
        var routes = try Self.routes(map.take("routes"), upstreams: upstreams, authPrefix: pages.prefix)
        if isDevelopment { routes += Self.hotReloadRoute(beside: routes) }
        let limits = try EdgeLimits(node: map.take("limits"))

        var allowedOrigins: [String] = []
        if let node = map.take("csrf") {
            var inner = try node.map()
            for item in try inner.take("allowedOrigins")?.list() ?? [] {
                allowedOrigins.append(try PublicOrigin(node: item).description)
            }
            try inner.finish()
        }
        self.init(
            publicListen: publicListen,
            internalListen: internalListen,
            origins: origins,
            tls: certificates[0],
            routes: routes,
            limits: limits,
            pages: pages,
            allowedOrigins: allowedOrigins,
            internalAllowFrom: allowFrom,
            internalHosts: hosts
        )
        self.furtherCertificates = Array(certificates.dropFirst())
        self.identity = try IdentitySettings(node: map.take("identity"))
        self.redirectListen = redirectListen
        self.trustedProxies = try Self.ranges(map.take("trustedProxies"))
        self.isDevelopment = isDevelopment
    }

    private static func ranges(_ node: SettingsNode?) throws(SettingsError) -> [AddressRange] {
        var ranges: [AddressRange] = []
        for item in try node?.list() ?? [] {
            guard let range = AddressRange(try item.string()) else {
                throw item.error("is no address range", advice: "CIDR notation such as 10.0.0.0/8 or fd00::/8")
            }
            ranges.append(range)
        }
        return ranges
    }

    /// One pair, or a list of them. At least one comes back.
    private static func certificates(_ node: SettingsNode) throws(SettingsError) -> [CertificateFiles] {
        var pairs: [CertificateFiles] = []
        var places: [(certificate: SettingsNode, key: SettingsNode)] = []
        for item in node.isList ? try node.list() : [node] {
            var map = try item.map()
            let certificate = try map.require("certificate", advice: "certificate: certs/localhost.pem")
            let key = try map.require("key", advice: "key: certs/localhost-key.pem")
            try map.finish()
            pairs.append(CertificateFiles(certificate: try certificate.string(), key: try key.string()))
            places.append((certificate, key))
        }
        guard !pairs.isEmpty else {
            throw node.error(
                "no certificate",
                advice: "{ certificate: certs/localhost.pem, key: certs/localhost-key.pem }"
            )
        }
        do throws(TLSMaterial.Failure) { _ = try TLSMaterial.load(pairs) } catch {
            let place = places[error.index]
            throw (error.isAboutKey ? place.key : place.certificate).error(
                error.message,
                advice: "run gatecast certs, or name a PEM pair that belongs together"
            )
        }
        return pairs
    }

    private static func routes(
        _ node: SettingsNode?,
        upstreams: Set<String>,
        authPrefix: String
    ) throws(SettingsError) -> [RouteSettings] {
        var routes: [RouteSettings] = []
        var seen: [[UInt8]: Int] = [:]
        for item in try node?.list() ?? [] {
            let route = try RouteSettings(node: item, upstreams: upstreams, authPrefix: authPrefix)
            let key = RoutePath.key(of: Array(route.prefix.utf8))
            if let line = seen.updateValue(item.line, forKey: key) {
                throw item.error(
                    "prefix \(route.prefix) stands twice, first in line \(line)",
                    advice: "one route for each prefix"
                )
            }
            routes.append(route)
        }
        return routes
    }

    /// Next's development server reloads pages over a WebSocket at a path of its own (proxy.md §8). It goes where pages go,
    /// unless a route names that path.
    private static func hotReloadRoute(beside routes: [RouteSettings]) -> [RouteSettings] {
        let path = "/_next/webpack-hmr"
        let key = RoutePath.key(of: Array(path.utf8))
        let pages = routes.filter { $0.session == .pass && $0.webSocket == .refuse }
        guard let page = pages.first(where: { $0.prefix == "/" }) ?? pages.first,
            !routes.contains(where: { RoutePath.key(of: Array($0.prefix.utf8)) == key })
        else { return [] }
        return [RouteSettings(prefix: path, upstream: page.upstream, authentication: .none, webSocket: .tunnel)]
    }
}
