// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore
package import Settings

extension UpstreamSettings {
    /// `[ "127.0.0.1:8000", … ]` or `[ "https://api.internal:8443" ]`; or `{ endpoints: […], … }` with the keys of
    /// docs/configuration.md.
    /// - Parameter isDevelopment: a development server may compile before it answers, so `head` is 60 s where nothing is said.
    package init(name: String, node: SettingsNode, isDevelopment: Bool = false) throws(SettingsError) {
        guard node.isMap, !node.isEmpty else {
            let list = try EndpointList(node)
            self.init(name: name, endpoints: list.addresses)
            if isDevelopment { self.headTimeout = Self.headTimeoutInDevelopment }
            if list.usesTLS { self.tls = try UpstreamTLS(node: nil, endpoints: node) }
            return
        }
        var map = try node.map()
        let listNode = try map.require("endpoints", advice: "endpoints: [ \"127.0.0.1:8000\" ]")
        let list = try EndpointList(listNode)
        self.init(name: name, endpoints: list.addresses)
        if isDevelopment { self.headTimeout = Self.headTimeoutInDevelopment }
        if let node = map.take("tls") {
            guard list.usesTLS else {
                throw node.error("the endpoints are plain HTTP", advice: "endpoints: [ \"https://…\" ], or no tls")
            }
            self.tls = try UpstreamTLS(node: node, endpoints: listNode)
        } else if list.usesTLS {
            self.tls = try UpstreamTLS(node: nil, endpoints: listNode)
        }
        try self.takeTimes(&map)
        try self.takeCaps(&map)
        self.health = try map.take("health").map(HealthSettings.init(node:))
        try map.finish()
    }

    private static let headTimeoutInDevelopment = TimeAmount.seconds(60)

    private mutating func takeTimes(_ map: inout SettingsMap) throws(SettingsError) {
        let span = Duration.milliseconds(1) ... .seconds(3600)
        if let value = try map.take("connect")?.duration(in: span) { self.connectTimeout = TimeAmount(value) }
        if let value = try map.take("head")?.duration(in: span) { self.headTimeout = TimeAmount(value) }
        if let value = try map.take("bodyIdle")?.duration(in: span) { self.bodyIdleTimeout = TimeAmount(value) }
        if let value = try map.take("idle")?.duration(in: span) { self.idle = TimeAmount(value) }
        if let value = try map.take("wait")?.duration(in: span) { self.waitTimeout = TimeAmount(value) }
        let slow = Duration.seconds(1) ... .seconds(86_400)
        if let value = try map.take("resolve")?.duration(in: slow) { self.resolveInterval = TimeAmount(value) }
    }

    private mutating func takeCaps(_ map: inout SettingsMap) throws(SettingsError) {
        if let value = try map.take("maxInFlight")?.int(in: 0...1_000_000) { self.maxInFlight = value }
        if let value = try map.take("maxWaiting")?.int(in: 0...1_000_000) { self.maxWaiting = value }
        if let value = try map.take("maxPerEndpoint")?.int(in: 0...1_000_000) { self.maxPerEndpoint = value }
        if let value = try map.take("connectionsPerLoop")?.int(in: 0...10_000) { self.connectionsPerLoop = value }
        if let value = try map.take("retryBudget")?.int(in: 0...100) { self.retryBudget = value }
    }
}

extension HealthSettings {
    /// `{ path: /healthz, host: api.example, interval: 5s, timeout: 2s }`.
    init(node: SettingsNode) throws(SettingsError) {
        var map = try node.map()
        let pathNode = try map.require("path", advice: "path: /healthz")
        let path = try pathNode.string()
        guard path.utf8.first == UInt8(ascii: "/"), path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw pathNode.error("is no path", advice: "path: /healthz")
        }
        self.init(path: path)
        if let hostNode = map.take("host") {
            let host = try hostNode.nonEmptyString()
            guard host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
                throw hostNode.error("is no host", advice: "host: api.example")
            }
            self.host = host
        }
        let span = Duration.milliseconds(10) ... .seconds(3600)
        if let value = try map.take("interval")?.duration(in: span) { self.interval = TimeAmount(value) }
        if let value = try map.take("timeout")?.duration(in: span) { self.timeout = TimeAmount(value) }
        try map.finish()
    }
}

/// The addresses of one upstream, all with TLS or none.
private struct EndpointList {
    var addresses: [ListenAddress] = []
    var usesTLS = false

    init(_ node: SettingsNode) throws(SettingsError) {
        for entry in try node.list() {
            let (address, isSecure) = try Self.endpoint(entry)
            guard address.port > 0 else {
                throw entry.error("port 0 cannot be connected to", advice: "the port the upstream listens on")
            }
            guard !self.addresses.contains(address) else { throw entry.error("\(address) is listed twice") }
            guard self.addresses.isEmpty || isSecure == self.usesTLS else {
                throw entry.error("some endpoints have https and some have not", advice: "the same for all of them")
            }
            self.addresses.append(address)
            self.usesTLS = isSecure
        }
        guard !self.addresses.isEmpty else {
            throw node.error("no endpoint", advice: "a list such as [ \"127.0.0.1:8000\" ]")
        }
    }

    private static func endpoint(_ entry: SettingsNode) throws(SettingsError) -> (ListenAddress, isSecure: Bool) {
        let text = try entry.string()
        let isSecure = text.hasPrefix("https://")
        guard isSecure || text.hasPrefix("http://") else { return (try entry.listenAddress(), false) }
        var authority = text.dropFirst(isSecure ? 8 : 7)
        if authority.last == "/" { authority.removeLast() }
        let hasPort = authority.last == "]" ? false : authority.contains(":")
        let full = hasPort ? String(authority) : "\(authority):\(isSecure ? 443 : 80)"
        do { return (try ListenAddress(parsing: full), isSecure) } catch {
            throw entry.error("\(error)", advice: "https://host:port, without a path")
        }
    }
}
