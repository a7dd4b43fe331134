// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Live
package import Sessions
package import Tokens
package import Upstreams

/// What the edge needs from the floors below; made by the Gateway's assembly, shared by all loops.
package struct EdgeServices: Sendable {
    /// `nil`: nobody can log in here, `/auth` answers 404 and cookies mean nothing.
    package var sessions: SessionAuthority?
    package var tokens: TokenAuthority
    package var hub: Hub
    /// By the names routes use. Every route's upstream is in it.
    package var upstreams: [String: Upstream]
    /// Served where no route matches.
    package var page: (any StaticPage)?
    /// The first one signs assertions, all are published. Empty where no route sends any.
    package var identityKeys: [SigningKey]
    /// Counts shared by several nodes; `nil`: each counts for itself.
    package var rateLimits: SharedRateLimits?
    /// `nil`: nothing is recorded; traces are continued and begun all the same.
    package var tracing: EdgeTracing?

    package init(
        sessions: SessionAuthority?,
        tokens: TokenAuthority,
        hub: Hub,
        upstreams: [String: Upstream],
        page: (any StaticPage)? = nil,
        identityKeys: [SigningKey] = [],
        rateLimits: SharedRateLimits? = nil,
        tracing: EdgeTracing? = nil
    ) {
        self.sessions = sessions
        self.tokens = tokens
        self.hub = hub
        self.upstreams = upstreams
        self.page = page
        self.identityKeys = identityKeys
        self.rateLimits = rateLimits
        self.tracing = tracing
    }
}
