// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
package import Settings

/// Decoding, strictly: each refusal says what to write instead.
extension RouteSettings {
    /// - Parameter authPrefix: where the gateway's own login endpoints are; no route may reach into it.
    package init(
        node: SettingsNode,
        upstreams: Set<String>,
        authPrefix: String = AuthPages.defaultPrefix
    ) throws(SettingsError) {
        var map = try node.map()
        let prefixNode = try map.require("prefix", advice: "prefix: a path such as /api/tasks/")
        let prefix = try Self.prefix(prefixNode, authPrefix: authPrefix)
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
            identity = try identityNode.choice(Identity.self)
        }
        var methods: [String] = []
        let methodsNode = map.take("methods")
        if let methodsNode {
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
        let webSocket = try Self.webSocket(map.take("websocket"), methods: methodsNode)
        var headTimeout: Duration?
        var idleTimeout: Duration?
        var bodyIdleTimeout: Duration?
        if let timeouts = map.take("timeouts") {
            var inner = try timeouts.map()
            headTimeout = try inner.take("head")?.duration()
            bodyIdleTimeout = try inner.take("bodyIdle")?.duration(in: .milliseconds(1) ... .seconds(86_400))
            if let idle = inner.take("idle") { idleTimeout = try Self.idle(idle, webSocket) }
            try inner.finish()
        }
        let audience = map.take("audience")
        let strict = map.take("strict")
        if identity != .assertion, let node = audience ?? strict {
            throw node.error("is about assertions alone", advice: "identity: assertion beside it, or remove it")
        }
        let headers = try HeaderRules(node: map.take("headers"))
        let rate = map.take("rate")
        let retry = try map.take("retry")?.choice(Retry.self) ?? .safe
        self.init(
            prefix: prefix,
            upstream: upstream,
            authentication: authentication,
            identity: identity,
            session: session,
            methods: methods,
            body: body,
            headTimeout: headTimeout,
            webSocket: webSocket,
            idleTimeout: idleTimeout,
            retry: retry
        )
        self.audience = try audience?.nonEmptyString(advice: "audience: the name this upstream goes by")
        self.strictAssertion = try strict?.bool() ?? false
        self.headers = headers
        self.bodyIdleTimeout = bodyIdleTimeout
        try self.takeManners(from: &map)
        try map.finish()
        if let rate { self.rate = try RouteRate(node: rate) }
    }

    private static func webSocket(_ node: SettingsNode?, methods: SettingsNode?) throws(SettingsError) -> WebSocket {
        guard let node, try node.choice(WebSocket.self) == .tunnel else { return .refuse }
        if let methods {
            throw methods.error(
                "a route with websocket: tunnel takes GET alone",
                advice: "remove methods, or a second route for the path's ordinary requests"
            )
        }
        return .tunnel
    }

    private static func idle(_ node: SettingsNode, _ webSocket: WebSocket) throws(SettingsError) -> Duration {
        guard webSocket == .tunnel else {
            throw node.error("timeouts.idle is about WebSocket tunnels", advice: "websocket: tunnel, or remove idle")
        }
        return try node.duration(in: .milliseconds(1) ... .seconds(86_400))
    }

    private static func prefix(_ node: SettingsNode, authPrefix: String) throws(SettingsError) -> String {
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
        for reserved in [authPrefix, "/live"]
        where key == Array(reserved.utf8) || key.starts(with: Array((reserved + "/").utf8)) {
            throw node.error(
                "\(reserved) is answered by the gateway itself",
                advice: "a prefix outside \(authPrefix) and /live; auth: { prefix: … } moves the login endpoints"
            )
        }
        return text
    }
}
