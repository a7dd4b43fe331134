// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
internal import NIOCore
internal import Upstreams

/// What a request for a tunnel carries through the exchange.
struct TunnelRequest {
    /// The worker's `sessionChanges` when it began: a session may end while the upstream is still being asked.
    let changes: UInt64
    var owner = TunnelOwner.nobody
}

/// The door of routes with `websocket: tunnel`: upgrade, Origin and credentials first, then the upstream decides.
extension RequestExchange {
    func beginTunnel() throws(Refusal) {
        guard self.asksForWebSocket else {
            throw Refusal(.upgradeRequired, "This path is for WebSockets only.")
        }
        guard self.framing == .none else {
            throw Refusal(.badMessage, "A WebSocket handshake has no body.")
        }
        self.tunnel = TunnelRequest(changes: self.worker.sessionChanges)
        guard let route else { return }
        guard route.settings.authentication != .none else {
            try self.checkSocketOrigin(isWebSocket: true)
            return try self.forward(.anonymous(wasDead: false), to: route)
        }
        self.credentials = try Credentials.read(self.head)
        try self.checkSocketOrigin(isWebSocket: true)
        self.authenticate()
    }

    func exchange(
        _ exchange: UpstreamExchange,
        switchedProtocols head: borrowing MessageHead,
        to connection: UpgradedConnection
    ) {
        guard self.machine.isForwarding, let tunnel, let route, let metrics = route.tunnels else {
            return connection.close()
        }
        guard Self.speaksWebSocket(head) else {
            connection.close()
            return self.refuse(
                Refusal(
                    .upstreamBadMessage,
                    "The service behind this path gave an answer that cannot be passed on.",
                    reason: "101 without upgrade: websocket"
                )
            )
        }
        let facts = TunnelFacts(
            requestID: self.requestID,
            route: route.settings.prefix,
            upstream: route.settings.upstream,
            listener: self.facts.role,
            client: self.clientAddress.text,
            path: String(decoding: self.head.path, as: UTF8.self),
            owner: tunnel.owner,
            idle: TimeAmount(route.settings.idleTimeout ?? self.worker.limits.tunnelIdle),
            metrics: metrics
        )
        self.open(Tunnel(worker: self.worker, facts: facts), over: connection, head, askedAt: tunnel.changes)
    }

    private func open(
        _ tunnel: Tunnel,
        over connection: UpgradedConnection,
        _ head: borrowing MessageHead,
        askedAt changes: UInt64
    ) {
        do {
            try connection.become(TunnelUpstreamHandler(tunnel))
        } catch {
            // The channel has closed in between.
            connection.close()
            tunnel.cut(.upstream)
            return self.refuse(
                Refusal(.upstreamUnreachable, "The service behind this path did not answer.", reason: "\(error)")
            )
        }
        self.statement.strictTransport = self.sendsStrictTransport
        self.statement.date = self.worker.dateBytes(now: .now())
        let isDraining = self.worker.isDraining
        self.client.switchProtocols(copy head, statement: self.statement, to: TunnelClientHandler(tunnel))
        tunnel.begin(connection.firstBytes, isInputClosed: connection.isInputClosed)
        if isDraining { tunnel.drain() }
        if let key = tunnel.sessionKey, changes != self.worker.sessionChanges {
            self.worker.tunnels.ask(about: [key], on: self.worker)
        }
    }

    private static func speaksWebSocket(_ head: borrowing MessageHead) -> Bool {
        guard head.connectionLists("upgrade"), head.count(.upgrade) == 1, let value = head.first(.upgrade) else {
            return false
        }
        return String(decoding: value, as: UTF8.self).lowercased() == "websocket"
    }

    /// For the log: the usual story behind an upstream that does not answer a handshake in HTTP.
    static func tunnelHint(_ error: UpstreamError) -> String {
        "\(error.logDetail). The upstream refused the WebSocket in its own words: it may not accept this Origin "
            + "(Next.js in development: allowedDevOrigins in next.config)"
    }
}
