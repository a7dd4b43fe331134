// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
package import Settings

/// One line of `routes` (proxy.md §2): which path prefix goes to which upstream, and who may pass.
package struct RouteSettings: Sendable {
    /// Whether a request needs a credential (login.md §9).
    package enum Authentication: String, CaseIterable, Sendable {
        /// No live session and no valid Bearer: 401.
        case required
        /// Anonymous is welcome; a credential that is offered is judged all the same, except a certainly dead session.
        case optional
        /// Nothing is looked up, the client's `Authorization` passes untouched.
        case none
    }

    /// What the upstream learns about the caller (login.md §9).
    package enum Identity: String, CaseIterable, Sendable {
        /// `Authorization: Bearer` with the session's access token, or the Bearer client's own verified token.
        case bearer
        /// `Authorization` is removed and nothing is put in its place.
        case none
    }

    /// Whether our own cookies travel on.
    package enum SessionCookie: String, CaseIterable, Sendable {
        /// Cut out of `Cookie` (default).
        case strip
        /// A page server gets them and calls the internal listener with them.
        case pass
    }

    /// Path prefix on segment borders, beginning with `/`. `/api/` and `/api` are the same prefix.
    package var prefix: String
    /// Name of the upstream, one of `upstreams`.
    package var upstream: String
    package var authentication: Authentication
    package var identity: Identity
    package var session: SessionCookie
    /// Methods let through; empty means every known one. Anything else is 405 with `Allow`.
    package var methods: [String]
    /// Bytes of a request body; `nil`: the listener's `limits.body`; 0: no cap.
    package var body: Int?
    /// Time to the upstream's response head; `nil`: the upstream's own.
    package var headTimeout: Duration?

    package init(
        prefix: String,
        upstream: String,
        authentication: Authentication,
        identity: Identity? = nil,
        session: SessionCookie = .strip,
        methods: [String] = [],
        body: Int? = nil,
        headTimeout: Duration? = nil
    ) {
        self.prefix = prefix
        self.upstream = upstream
        self.authentication = authentication
        self.identity = identity ?? (session == .pass || authentication == .none ? .none : .bearer)
        self.session = session
        self.methods = methods
        self.body = body
        self.headTimeout = headTimeout
    }

    package init(node: SettingsNode, upstreams: Set<String>) throws(SettingsError) {
        var map = try node.map()
        let prefixNode = try map.require("prefix", advice: "prefix: a path such as /api/tasks/")
        let prefix = try Self.prefix(prefixNode)
        let upstreamNode = try map.require(
            "upstream",
            advice: "upstream: one of \(upstreams.sorted().joined(separator: ", "))"
        )
        let upstream = try upstreamNode.string()
        guard upstreams.contains(upstream) else {
            let known = upstreams.isEmpty ? "none is configured" : upstreams.sorted().joined(separator: ", ")
            throw upstreamNode.error(
                "unknown upstream \"\(upstream)\"",
                advice: "one of the names under upstreams (\(known)), or add \(upstream) there"
            )
        }
        let authNode = try map.require("auth", advice: "auth: required, optional or none")
        let authentication = try authNode.choice(Authentication.self)
        let session = try map.take("session")?.choice(SessionCookie.self) ?? .strip
        var identity: Identity?
        if let identityNode = map.take("identity") {
            guard authentication != .none else {
                throw identityNode.error(
                    "identity has no meaning beside auth: none, where nobody is looked up",
                    advice: "auth: required or auth: optional, or remove identity"
                )
            }
            guard try identityNode.string() != "assertion" else {
                throw identityNode.error(
                    "identity: assertion comes with the edge issue",
                    advice: "identity: bearer or identity: none"
                )
            }
            identity = try identityNode.choice(Identity.self)
        }
        var methods: [String] = []
        if let methodsNode = map.take("methods") {
            for item in try methodsNode.list() {
                let name = try item.string()
                guard let method = Method(name.utf8), method != .connect, method != .trace else {
                    throw item.error(
                        "\"\(name)\" is no method we forward",
                        advice: "GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS"
                    )
                }
                methods.append(name)
            }
        }
        let body = try map.take("body")?.bytes()
        var headTimeout: Duration?
        if let timeouts = map.take("timeouts") {
            var inner = try timeouts.map()
            headTimeout = try inner.take("head")?.duration()
            try inner.finish()
        }
        try map.finish()
        self.init(
            prefix: prefix,
            upstream: upstream,
            authentication: authentication,
            identity: identity,
            session: session,
            methods: methods,
            body: body,
            headTimeout: headTimeout
        )
    }

    private static func prefix(_ node: SettingsNode) throws(SettingsError) -> String {
        let text = try node.string()
        guard text.utf8.first == UInt8(ascii: "/") else {
            throw node.error("prefix \"\(text)\" does not begin with a slash", advice: "prefix: /\(text)")
        }
        let bytes = Array(text.utf8)
        guard bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }) else {
            throw node.error("prefix holds a character no path has", advice: "a plain path such as /api/tasks/")
        }
        do { try PathRules.check(bytes[...]) } catch {
            throw node.error(
                "no request can match this prefix: \(error.reason)",
                advice: "a plain path such as /api/tasks/"
            )
        }
        let key = RoutePath.key(of: bytes)
        for reserved in ["/auth", "/live"]
        where key == Array(reserved.utf8) || key.starts(with: Array((reserved + "/").utf8)) {
            throw node.error(
                "\(reserved) is answered by the gateway itself",
                advice: "a prefix outside /auth and /live"
            )
        }
        return text
    }
}
