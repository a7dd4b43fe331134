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
    func connect(to endpoint: EndpointState, of upstream: Upstream, for exchange: UpstreamExchange) {
        let settings = upstream.settings
        let pool = NIOLoopBound(self, eventLoop: self.loop)
        let bootstrap = ClientBootstrap(group: self.loop)
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
                // Once per address tried, so the handler is made here.
                channel.eventLoop.makeCompletedFuture {
                    let connection = UpstreamConnection(pool: pool.value, endpoint: endpoint, settings: settings)
                    try channel.pipeline.syncOperations.addHandler(connection)
                }
            }
        let address = endpoint.address
        let connecting =
            endpoint.socketAddress.map { bootstrap.connect(to: $0) }
            ?? bootstrap.connect(host: address.host, port: address.port)
        connecting.assumeIsolated().whenComplete { result in
            do {
                let channel = try result.get()
                exchange.connected(
                    try channel.pipeline.syncOperations.handler(type: UpstreamConnection.self),
                    isReused: false
                )
            } catch {
                exchange.connectFailed(Self.describe(error))
            }
        }
    }

    private static func describe(_ error: any Error) -> UpstreamError {
        let isTimeout =
            switch error {
            case ChannelError.connectTimeout: true
            case let error as NIOConnectionError:
                error.connectionErrors.contains {
                    if case ChannelError.connectTimeout = $0.error { true } else { false }
                }
            default: false
            }
        return UpstreamError(isTimeout ? .connectTimeout : .unreachable, "\(error)")
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
