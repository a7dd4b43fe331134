// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages

/// The first half of proxy.md §3, pure: Host → path → route, method. No credential is read here.
struct Admission {
    /// Where a request goes once it passed.
    enum Destination {
        case route(Route)
        case endpoint(AuthEndpoint)
        case live
        /// The public keys of our assertions.
        case keys([UInt8])
        /// A page of an allowed origin asks for leave (CORS); methods as in `Allow`.
        case preflight(String)
        /// No route: the embedded page may have it.
        case page
    }

    let routes: RouteTable
    let hosts: HostAllowList
    let access: CrossOriginAccess
    /// A trusted proxy's `X-Forwarded-Host` counts like the `Host` it was.
    let trustsForwardedHost: Bool
    let role: ListenerRole
    /// The name of the TLS handshake, in lower case. A peer that speaks for others asks under names of its own.
    let serverName: [UInt8]?
    /// `auth.prefix`.
    let auth: [UInt8]
    let hasSessions: Bool
    /// `nil`: there are none, or not at this door.
    let keys: [UInt8]?

    /// `head` passed the message rules (proxy.md §4).
    func judge(_ head: MessageHead) throws(Refusal) -> Destination {
        guard let host = head.first(.host), self.hosts.allows(host) || self.allowsForwardedHost(head) else {
            throw Refusal(.hostNotServed, "This server does not answer for the host that was asked.")
        }
        if let serverName, !HostAllowList.equal(HostAllowList.name(of: host), serverName) {
            throw Refusal(
                .hostNotServed,
                "The host that was asked is not the one this connection was opened for.",
                reason: "host at odds with the TLS server name"
            )
        }
        guard head.method != .connect, head.method != .trace else {
            throw Self.methodRefused("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
        }
        guard head.path.first == UInt8(ascii: "/") else {  // OPTIONS *
            throw Refusal(.noRoute, "Nothing is served under this path.")
        }
        // `/%61uth` is `/auth`: an upstream would read it so too.
        let path = PathRules.matchingForm(of: head.path)
        let isPreflight = self.access.isPreflight(head)
        if Self.isIn(path, self.auth) {
            guard self.hasSessions, let endpoint = AuthEndpoint(path: path.dropFirst(self.auth.count)) else {
                throw Refusal(.noRoute, "Nothing is served under this path.")
            }
            if isPreflight { return .preflight(endpoint.allow) }
            guard endpoint.allows(head.method) else { throw Self.methodRefused(endpoint.allow) }
            return .endpoint(endpoint)
        }
        if Self.isIn(path, Self.live) {
            guard path.count == Self.live.count else { throw Refusal(.noRoute, "Nothing is served under this path.") }
            if isPreflight { return .preflight("GET") }
            guard head.method == .get else { throw Self.methodRefused("GET") }
            return .live
        }
        if let keys = self.keys, path.elementsEqual(Self.wellKnownKeys) {
            guard head.method == .get || head.method == .head else { throw Self.methodRefused("GET, HEAD") }
            return .keys(keys)
        }
        guard let route = self.routes.match(path) else {
            try self.checkPath(head, allowing: [])
            return .page
        }
        try self.checkPath(head, allowing: route.settings.pathExceptions)
        // A page server has no need to call itself.
        guard self.role == .public || route.settings.session == .strip else {
            throw Refusal(.noRoute, "Nothing is served under this path.", reason: "page route on the internal listener")
        }
        if isPreflight, route.settings.authentication != .none { return .preflight(route.allow) }
        guard route.allows(head.method) else { throw Self.methodRefused(route.allow) }
        return .route(route)
    }

    private func allowsForwardedHost(_ head: MessageHead) -> Bool {
        guard self.trustsForwardedHost, head.count(.xForwardedHost) == 1, let host = head.first(.xForwardedHost) else {
            return false
        }
        return self.hosts.allows(host)
    }

    /// The message rules let pass what any route allows, perhaps of a configuration before this one; this is the route's own
    /// word.
    private func checkPath(_ head: MessageHead, allowing exceptions: PathRules.Exceptions) throws(Refusal) {
        guard head.path.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: ";") }) else { return }
        do { try PathRules.check(head.path, allowing: exceptions) } catch { throw Rescue.refusal(for: error) }
    }

    private static func methodRefused(_ allow: String) -> Refusal {
        var refusal = Refusal(.methodNotAllowed, "This method is not allowed here.")
        refusal.allow = allow
        return refusal
    }

    private static let wellKnownKeys = Array("/.well-known/jwks.json".utf8)
    private static let live = Array("/live".utf8)

    /// The prefix or anything below it.
    private static func isIn(_ path: ArraySlice<UInt8>, _ prefix: [UInt8]) -> Bool {
        guard path.starts(with: prefix) else { return false }
        return path.count == prefix.count || path[path.startIndex + prefix.count] == UInt8(ascii: "/")
    }
}
