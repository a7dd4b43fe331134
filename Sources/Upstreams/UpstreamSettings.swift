// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import NIOCore
package import Settings

/// One entry of `upstreams`: a list of addresses, or a map when a default does not fit.
package struct UpstreamSettings: Sendable, Hashable {
    package var name: String
    /// At least one; no address twice.
    package var endpoints: [ListenAddress]
    /// Until a connection stands. A name is resolved within it.
    package var connectTimeout = TimeAmount.seconds(2)
    /// From the last byte of the request to the answer's head.
    package var headTimeout = TimeAmount.seconds(15)
    /// Between two reads of an answer's body while we are ready to read, and between two writes of a request's.
    package var bodyIdleTimeout = TimeAmount.seconds(60)
    /// How long an unused connection is kept when the peer announces nothing (Node closes at 5 s).
    package var idle = TimeAmount.seconds(4)
    /// Exchanges under way over all event loops; one more is refused at once. 0 turns the cap off.
    package var maxInFlight = 1024
    /// Unused connections kept per endpoint and event loop; 0 keeps none.
    package var connectionsPerLoop = 64

    package init(name: String, endpoints: [ListenAddress]) {
        self.name = name
        self.endpoints = endpoints
    }

    /// `[ "127.0.0.1:8000", … ]`, or `{ endpoints: […], connect: 2s, head: 15s, bodyIdle: 60s, idle: 4s, maxInFlight:
    /// 1024, connectionsPerLoop: 64 }`.
    package init(name: String, node: SettingsNode) throws(SettingsError) {
        guard node.isMap, !node.isEmpty else {
            self.init(name: name, endpoints: try Self.endpoints(node))
            return
        }
        var map = try node.map()
        let list = try map.require("endpoints", advice: "endpoints: [ \"127.0.0.1:8000\" ]")
        self.init(name: name, endpoints: try Self.endpoints(list))
        let span = Duration.milliseconds(1) ... .seconds(3600)
        if let value = try map.take("connect")?.duration(in: span) { self.connectTimeout = TimeAmount(value) }
        if let value = try map.take("head")?.duration(in: span) { self.headTimeout = TimeAmount(value) }
        if let value = try map.take("bodyIdle")?.duration(in: span) { self.bodyIdleTimeout = TimeAmount(value) }
        if let value = try map.take("idle")?.duration(in: span) { self.idle = TimeAmount(value) }
        if let value = try map.take("maxInFlight")?.int(in: 0...1_000_000) { self.maxInFlight = value }
        if let value = try map.take("connectionsPerLoop")?.int(in: 0...10_000) { self.connectionsPerLoop = value }
        try map.finish()
    }

    private static func endpoints(_ node: SettingsNode) throws(SettingsError) -> [ListenAddress] {
        var endpoints: [ListenAddress] = []
        for entry in try node.list() {
            let endpoint = try entry.listenAddress()
            guard endpoint.port > 0 else {
                throw entry.error("port 0 cannot be connected to", advice: "the port the upstream listens on")
            }
            guard !endpoints.contains(endpoint) else { throw entry.error("\(endpoint) is listed twice") }
            endpoints.append(endpoint)
        }
        guard !endpoints.isEmpty else {
            throw node.error("no endpoint", advice: "a list such as [ \"127.0.0.1:8000\" ]")
        }
        return endpoints
    }
}
