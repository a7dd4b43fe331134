// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// Which handlers a connection gets.
///
///     public:   ConnectionGuard ─ (SNIHandler) ─ NIOSSLServerHandler ─ ALPN ─┬─ http/1.1 (or none): HTTP1ServerHandler
///                                                                            └─ h2: HTTP2ServerHandler
///     internal: ConnectionGuard ─ HTTP1ServerHandler
///     redirect: ConnectionGuard ─ HTTP1ServerHandler
///
/// Behind the guard of a connection from `trustedProxies` stands a `ProxyHeaderHandler` until it has heard who is there.
struct Pipelines: Sendable {
    let workers: WorkerTable

    /// Thrown to have a connection closed at once.
    private struct NotServed: Error {}

    func configurePublic(_ channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            try self.accept(channel, role: .public) { channel, worker, guardian, facts in
                try self.addTLS(channel, worker, guardian, facts)
            }
        }
    }

    func configureRedirect(_ channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            try self.accept(channel, role: .redirect) { channel, worker, guardian, facts in
                guardian.handshakeCompleted()
                try Self.addHTTP1(channel, worker, guardian, facts)
                guardian.protocolAdded()
            }
        }
    }

    /// Whoever may speak for others is heard first; everybody else is who they are.
    private func accept(
        _ channel: any Channel,
        role: ListenerRole,
        _ proceed: @escaping (any Channel, EdgeWorker, ConnectionGuard, ConnectionFacts) throws -> Void
    ) throws {
        let (worker, guardian) = try self.enter(channel, role: role, awaitsHandshake: true)
        try channel.pipeline.syncOperations.addHandler(guardian)
        guard Self.isTrusted(guardian.client, worker, role) else {
            return try proceed(channel, worker, guardian, ConnectionFacts(role: role, client: guardian.client))
        }
        try channel.pipeline.syncOperations.addHandler(
            ProxyHeaderHandler(guardian) { channel, client in
                let isTrusted = Self.isTrusted(client, worker, role)
                let facts = ConnectionFacts(role: role, client: client, isTrusted: isTrusted)
                try proceed(channel, worker, guardian, facts)
            }
        )
    }

    private static func isTrusted(_ client: ClientAddress, _ worker: EdgeWorker, _ role: ListenerRole) -> Bool {
        AddressRange.bytes(ofAddress: client.text).map { worker.shared.isTrusted($0, at: role) } ?? false
    }

    private func addTLS(
        _ channel: any Channel,
        _ worker: EdgeWorker,
        _ guardian: ConnectionGuard,
        _ facts: ConnectionFacts
    ) throws {
        // NIOSSL keeps the name a client asks for to itself, and `Host` must not be at odds with it (proxy.md §4).
        let sni = SNIHandler { result in
            channel.eventLoop.makeCompletedFuture {
                var facts = facts
                if case .hostname(let name) = result { facts.serverName = Array(name.lowercased().utf8) }
                try Self.shakeHands(channel, worker, guardian, facts)
            }
        }
        try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(sni))
    }

    private static func shakeHands(
        _ channel: any Channel,
        _ worker: EdgeWorker,
        _ guardian: ConnectionGuard,
        _ facts: ConnectionFacts
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(NIOSSLServerHandler(context: worker.shared.tls.context))
        try pipeline.addHandler(
            NIOTypedApplicationProtocolNegotiationHandler<Void> { result, channel in
                channel.eventLoop.makeCompletedFuture {
                    guardian.handshakeCompleted()
                    if case .negotiated("h2") = result {
                        try channel.pipeline.syncOperations.addHandler(
                            HTTP2ServerHandler(worker: worker, facts: facts, guardian: guardian)
                        )
                    } else {
                        try Self.addHTTP1(channel, worker, guardian, facts)
                    }
                    guardian.protocolAdded()
                }
            }
        )
    }

    func configureInternal(_ channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            let allowFrom = self.workers.worker(on: channel.eventLoop)?.settings.internalAllowFrom ?? []
            guard let address = channel.remoteAddress.flatMap({ AddressRange.bytes(of: $0) }),
                AddressRange.isLoopback(address) || allowFrom.contains(where: { $0.contains(address) })
            else { throw NotServed() }
            let (worker, guardian) = try self.enter(channel, role: .internal, awaitsHandshake: false)
            let facts = ConnectionFacts(role: .internal, client: guardian.client, isTrusted: true)
            try channel.pipeline.syncOperations.addHandler(guardian)
            try Self.addHTTP1(channel, worker, guardian, facts)
            guardian.protocolAdded()
        }
    }

    private func enter(
        _ channel: any Channel,
        role: ListenerRole,
        awaitsHandshake: Bool
    ) throws -> (EdgeWorker, ConnectionGuard) {
        guard let worker = self.workers.worker(on: channel.eventLoop) else { throw NotServed() }
        let client = ClientAddress(channel.remoteAddress)
        let guardian = ConnectionGuard(
            worker: worker,
            client: client,
            isTrusted: role != .internal && Self.isTrusted(client, worker, role),
            countsForNode: role != .internal,
            awaitsHandshake: awaitsHandshake
        )
        guard guardian.enter() else { throw NotServed() }
        return (worker, guardian)
    }

    private static func addHTTP1(
        _ channel: any Channel,
        _ worker: EdgeWorker,
        _ guardian: ConnectionGuard,
        _ facts: ConnectionFacts
    ) throws {
        // A client may say that it sends nothing more, and still wants its answer (RFC 9112 §9.6).
        try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
        try channel.pipeline.syncOperations.addHandler(
            HTTP1ServerHandler(worker: worker, facts: facts, guardian: guardian)
        )
    }
}
