// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Logging
package import NIOCore
internal import NIOPosix
internal import Settings

/// The upstream connections of one event loop: leased, connecting, or resting for the next request. No other loop
/// touches them.
package final class LoopPool: NIOScheduledCallbackHandler {
    /// One read never brings more; it is also what a paused exchange holds back.
    private static let readSize = 64 * 1024

    let loop: any EventLoop
    let logger: Logger
    let allocator = ByteBufferAllocator()
    let lineEnd = ByteBuffer(string: "\r\n")
    let lastChunk = ByteBuffer(string: "0\r\n\r\n")
    var random = SplitMix(seed: .random(in: .min ... .max))

    /// Exchanges under way on this loop.
    package internal(set) var leasedCount = 0
    /// Connections at rest.
    package private(set) var idleCount = 0

    /// Per endpoint; the last one used is used first, so that the others may expire.
    private var idle: [ObjectIdentifier: [UpstreamConnection]] = [:]
    private var sweep: NIOScheduledCallback?
    private var isShutDown = false
    /// Endpoints of upstreams with names, as this loop knows them. By the upstream's name, so that a reload leaves
    /// nothing behind.
    private var views: [String: View] = [:]

    private struct View {
        let upstream: Upstream
        let generation: Int
        let endpoints: [EndpointState]
    }

    package init(loop: any EventLoop, logger: Logger) {
        self.loop = loop
        self.logger = logger
    }

    /// Sends a request to one of the upstream's endpoints. The delegate hears nothing before this has returned.
    package func start(
        _ request: UpstreamRequest,
        to upstream: Upstream,
        delegate: any UpstreamExchangeDelegate
    ) -> UpstreamExchange {
        self.loop.assertInEventLoop()
        let exchange = UpstreamExchange(pool: self, upstream: upstream, request: request, delegate: delegate)
        exchange.start()
        return exchange
    }

    /// After a reload: lets go of what is known of upstreams that are no more.
    package func forget(exceptFor upstreams: [String: Upstream]) {
        self.loop.assertInEventLoop()
        self.views = self.views.filter { upstreams[$0.key] === $0.value.upstream }
    }

    /// Closes what rests and keeps nothing from now on. Exchanges under way end as they would.
    package func shutdown() {
        self.loop.assertInEventLoop()
        self.isShutDown = true
        self.sweep?.cancel()
        self.sweep = nil
        let resting = self.idle.values.flatMap { $0 }
        self.idle = [:]
        self.idleCount = 0
        for connection in resting { connection.close() }
    }

    // MARK: For exchanges

    /// Without a lock, except once after a change.
    func endpoints(of upstream: Upstream) -> [EndpointState] {
        if let fixed = upstream.fixedEndpoints { return fixed }
        let generation = upstream.generation
        if let view = self.views[upstream.name], view.upstream === upstream, view.generation == generation {
            return view.endpoints
        }
        let endpoints = upstream.endpoints
        self.views[upstream.name] = View(upstream: upstream, generation: generation, endpoints: endpoints)
        return endpoints
    }

    func lease(_ endpoint: EndpointState, now: NIODeadline) -> UpstreamConnection? {
        let key = ObjectIdentifier(endpoint)
        while let connection = self.idle[key]?.popLast() {
            self.idleCount -= 1
            if connection.idleUntil > now, !connection.isClosed { return connection }
            connection.close()
        }
        return nil
    }

    /// Keeps a connection for the next request, unless there are enough.
    func park(_ connection: UpstreamConnection, for span: TimeAmount? = nil) {
        let key = ObjectIdentifier(connection.endpoint)
        guard !self.isShutDown, !connection.isClosed, self.idle[key]?.count ?? 0 < connection.mostIdle else {
            connection.close()
            return
        }
        connection.idleUntil = .now() + (span ?? connection.defaultIdle)
        self.idle[key, default: []].append(connection)
        self.idleCount += 1
        connection.rest()
        if self.sweep == nil { self.scheduleSweep(at: connection.idleUntil) }
    }

    /// A connection has closed by itself.
    func forget(_ connection: UpstreamConnection) {
        let key = ObjectIdentifier(connection.endpoint)
        guard let index = self.idle[key]?.firstIndex(where: { $0 === connection }) else { return }
        self.idle[key]?.remove(at: index)
        self.idleCount -= 1
    }

    /// Ends in `connected` or `connectFailed` of the exchange, on a later turn.
    /// - Parameter attempt: how many of the endpoint's addresses did not answer before.
    func connect(
        to endpoint: EndpointState,
        of upstream: Upstream,
        for exchange: UpstreamExchange,
        attempt: Int = 0
    ) {
        let candidate = (endpoint.preferredCandidate + attempt) % endpoint.candidates.count
        let bootstrap = self.bootstrap(endpoint, upstream.settings)
        bootstrap.connect(to: endpoint.candidates[candidate]).assumeIsolated().whenComplete { result in
            do {
                let connection = try result.get().pipeline.syncOperations.handler(type: UpstreamConnection.self)
                endpoint.prefer(candidate: candidate)
                if endpoint.tls == nil {
                    exchange.connected(connection, isReused: false)
                } else {
                    connection.shakeHands(for: exchange, within: upstream.settings.connectTimeout)
                }
            } catch {
                if attempt + 1 < endpoint.candidates.count {
                    self.connect(to: endpoint, of: upstream, for: exchange, attempt: attempt + 1)
                } else {
                    exchange.connectFailed(Self.describe(error))
                }
            }
        }
    }

    private func bootstrap(_ endpoint: EndpointState, _ settings: UpstreamSettings) -> ClientBootstrap {
        let pool = NIOLoopBound(self, eventLoop: self.loop)
        return ClientBootstrap(group: self.loop)
            .connectTimeout(settings.connectTimeout)
            .channelOption(.autoRead, value: false)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 4096, maximum: Self.readSize)
            )
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try endpoint.tls?.addHandlers(for: endpoint.address, to: pipeline)
                    try pipeline.addHandler(
                        UpstreamConnection(pool: pool.value, endpoint: endpoint, settings: settings)
                    )
                }
            }
    }

    private static func describe(_ error: any Error) -> UpstreamError {
        if case ChannelError.connectTimeout = error { return UpstreamError(.connectTimeout, "\(error)") }
        return UpstreamError(.unreachable, "\(error)")
    }

    // MARK: Expiry

    package func handleScheduledCallback(eventLoop: some EventLoop) {
        self.sweep = nil
        let now = NIODeadline.now()
        var expired: [UpstreamConnection] = []
        var next: NIODeadline?
        for (key, resting) in self.idle {
            for connection in resting where connection.idleUntil > now {
                next = min(next ?? connection.idleUntil, connection.idleUntil)
            }
            expired += resting.filter { $0.idleUntil <= now }
            let kept = resting.filter { $0.idleUntil > now }
            self.idle[key] = kept.isEmpty ? nil : kept
        }
        self.idleCount -= expired.count
        for connection in expired { connection.close() }
        if let next { self.scheduleSweep(at: next) }
    }

    private func scheduleSweep(at deadline: NIODeadline) {
        // Throws only once the loop is shutting down, and then the channels are closed anyway.
        self.sweep = try? self.loop.assumeIsolatedUnsafeUnchecked().scheduleCallback(at: deadline, handler: self)
    }
}

@available(*, unavailable)
extension LoopPool: Sendable {}
