// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import NIOCore
package import Settings

/// One entry of `upstreams`: a list of addresses, or a map when a default does not fit.
package struct UpstreamSettings: Sendable, Hashable {
    package var name: String
    /// At least one; no address twice.
    package var endpoints: [ListenAddress]
    /// How to speak TLS to them; nil: plain HTTP.
    package var tls: UpstreamTLS?
    /// Until a connection stands, its TLS handshake included.
    package var connectTimeout = TimeAmount.seconds(2)
    /// From the last byte of the request to the answer's head.
    package var headTimeout = TimeAmount.seconds(15)
    /// Between two reads of an answer's body while we are ready to read, and between two writes of a request's.
    package var bodyIdleTimeout = TimeAmount.seconds(60)
    /// How long an unused connection is kept when the peer announces nothing (Node closes at 5 s).
    package var idle = TimeAmount.seconds(4)
    /// Exchanges under way over all event loops; 0 turns the cap, and with it the line behind it, off.
    package var maxInFlight = 1024
    /// Exchanges that may stand in line for one of those; one more is refused at once. 0: nobody waits.
    package var maxWaiting = 256
    /// How long one stands in line.
    package var waitTimeout = TimeAmount.seconds(2)
    /// Exchanges under way to one endpoint, hence connections in use there; 0 turns the cap off.
    package var maxPerEndpoint = 0
    /// Unused connections kept per endpoint and event loop; 0 keeps none.
    package var connectionsPerLoop = 64
    /// Retries under way, in percent of the exchanges under way, but at least three. 0: nothing is tried twice.
    package var retryBudget = 20
    /// Nil: endpoints are judged by what requests meet, alone.
    package var health: HealthSettings?
    /// How often names among the endpoints are looked up.
    package var resolveInterval = TimeAmount.seconds(30)

    package init(name: String, endpoints: [ListenAddress]) {
        self.name = name
        self.endpoints = endpoints
    }

    /// What the breaker lets in: never more than the endpoints may take together.
    var capacity: Int {
        guard self.maxPerEndpoint > 0 else { return self.maxInFlight }
        let together = self.maxPerEndpoint * self.endpoints.count
        return self.maxInFlight == 0 ? together : min(self.maxInFlight, together)
    }
}

/// Active checks of each endpoint (proxy.md §8).
package struct HealthSettings: Sendable, Hashable {
    /// Asked with GET; any 2xx is well.
    package var path: String
    /// `Host` of the question; nil: the endpoint's own address.
    package var host: String?
    /// Between two checks, give or take a tenth, so that many gateways do not march in step.
    package var interval = TimeAmount.seconds(5)
    /// For connecting and answering together.
    package var timeout = TimeAmount.seconds(2)

    package init(path: String) { self.path = path }
}
