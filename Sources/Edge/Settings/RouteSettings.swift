// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import HTTPMessages

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
        /// `Gatecast-Identity`, a statement the gateway signs for this upstream (jwt.md §5); `Authorization` is removed.
        case assertion
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

    /// What becomes of WebSocket handshakes (proxy.md §8).
    package enum WebSocket: String, CaseIterable, Sendable {
        /// `Upgrade` is ignored, like any other hop-by-hop field.
        case refuse
        /// The route is for WebSockets alone: they are tunnelled to the upstream, anything else is 426.
        case tunnel
    }

    /// How a path goes upstream.
    package enum Rewrite: Sendable, Equatable {
        case none
        /// Without the route's prefix, which the upstream learns as `X-Forwarded-Prefix`.
        case strip
        /// With another prefix in its place.
        case replace(String)
    }

    /// The final slash of a path whose last segment has no dot.
    package enum Slash: String, CaseIterable, Sendable {
        /// Added on the way upstream; the browser sees no redirect (next.js#68188).
        case append
        case keep
    }

    package enum Host: String, CaseIterable, Sendable {
        /// As the browser sent it, port included.
        case request
        /// The upstream's first endpoint, for servers that know no other name.
        case upstream
    }

    /// Whether a request that got no byte of an answer may be sent once more (proxy.md §8).
    package enum Retry: String, CaseIterable, Sendable {
        /// Where it provably never arrived, or is idempotent (RFC 9110 §9.2.2) and its body at hand.
        case safe
        case never
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
    package var webSocket: WebSocket
    /// Longest silence of a tunnel; `nil`: the listener's `limits.tunnelIdle`.
    package var idleTimeout: Duration?
    /// `aud` of assertions; `nil`: the upstream's name.
    package var audience: String?
    /// Each request gets an assertion of its own, bound to its method and URL.
    package var strictAssertion = false
    package var headers = HeaderRules()
    /// What one address and one caller may ask for; `nil`: as much as they like.
    package var rate: RouteRate?

    package var slash = Slash.keep
    package var rewrite = Rewrite.none
    package var host = Host.request
    /// `%2F`, and `;`, in paths of this route.
    package var pathExceptions: PathRules.Exceptions = []
    /// Longest silence in a body; `nil`: the upstream's own.
    package var bodyIdleTimeout: Duration?
    package var retry: Retry

    package var assertionAudience: String { self.audience ?? self.upstream }

    package init(
        prefix: String,
        upstream: String,
        authentication: Authentication,
        identity: Identity? = nil,
        session: SessionCookie = .strip,
        methods: [String] = [],
        body: Int? = nil,
        headTimeout: Duration? = nil,
        webSocket: WebSocket = .refuse,
        idleTimeout: Duration? = nil,
        retry: Retry = .safe
    ) {
        self.prefix = prefix
        self.upstream = upstream
        self.authentication = authentication
        self.identity = identity ?? (session == .pass || authentication == .none ? .none : .bearer)
        self.session = session
        self.methods = methods
        self.body = body
        self.headTimeout = headTimeout
        self.webSocket = webSocket
        self.idleTimeout = idleTimeout
        self.retry = retry
    }
}
