// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Live
package import Logging
package import NIOCore
internal import NIOPosix
internal import ServiceLifecycle
internal import Sessions
package import Settings
internal import Synchronization
package import Tokens
package import Upstreams

/// Binds the public and the internal listener, serves until graceful shutdown, then drains (proxy.md §13).
///
/// Shutdown: stop accepting; HTTP/1.1 says `Connection: close`, HTTP/2 GOAWAY; connections that stay silent close; live
/// connections leave spread over the window; what is still there at its end is cut.
package final class EdgeListener: Service {
    /// Called once a listener accepts, with `public`, `redirect` or `internal` and the address it was given.
    package typealias Announcement = @Sendable (_ listener: String, _ address: ListenAddress) -> Void

    private let settings: EdgeSettings
    private let hub: Hub
    private let group: any EventLoopGroup
    private let logger: Logger
    private let onListening: Announcement
    private let inherited: [ListenerRole: ListeningSocket]
    private let untilReady: @Sendable () async throws -> Void
    private let workers = WorkerTable()
    private let state: Mutex<State>

    private struct State {
        /// What the first configuration is built with; `nil` once it stands.
        var services: EdgeServices?
        /// The configuration in force; `nil` until the workers stand.
        var shared: EdgeShared?
        var sockets: [ListenerRole: ListeningSocket] = [:]
        var hasSuccessor = false
        var isHurried = false
    }

    /// Registers with the session authority at once, so construct it before that service runs.
    /// - Parameters:
    ///   - inherited: sockets that listen already; one whose address is not the configured one is closed.
    ///   - untilReady: awaited before anything is accepted; by default nothing.
    package init(
        settings: EdgeSettings,
        services: EdgeServices,
        group: any EventLoopGroup,
        logger: Logger,
        inherited: [ListenerRole: ListeningSocket] = [:],
        onListening: @escaping Announcement = { _, _ in },
        untilReady: @escaping @Sendable () async throws -> Void = {}
    ) {
        self.settings = settings
        self.hub = services.hub
        self.state = Mutex(State(services: services))
        self.group = group
        self.logger = logger
        self.inherited = inherited
        self.untilReady = untilReady
        self.onListening = onListening
        services.sessions?.observe { [workers] event in workers.sessionChanged(event) }
        services.sessions?.observeReconnections { [workers] in workers.sessionsMayHaveChanged() }
    }

    package func run() async throws {
        let tls = try TLSMaterial.load(self.settings.certificates)
        let pipelines = Pipelines(workers: self.workers)
        var channels: [any Channel] = []
        do {
            let publicSocket = try self.open(.public, self.settings.publicListen)
            let internalSocket = try self.settings.internalListen.map { try self.open(.internal, $0) }
            let redirectSocket = try self.settings.redirectListen.map { try self.open(.redirect, $0) }
            for (role, socket) in self.inherited where self.state.withLock({ $0.sockets[role] !== socket }) {
                socket.close()
            }
            // Before anything is accepted: the workers have to know the port.
            try await self.makeWorkers(publicPort: publicSocket.address.port, tls: tls)
            try await self.untilReady()
            channels.append(try await self.serve(.public, publicSocket) { pipelines.configurePublic($0) })
            if let internalSocket {
                channels.append(try await self.serve(.internal, internalSocket) { pipelines.configureInternal($0) })
            }
            if let redirectSocket {
                channels.append(try await self.serve(.redirect, redirectSocket) { pipelines.configureRedirect($0) })
            }
            self.announce(.public, publicSocket.address)
            if let redirectSocket { self.announce(.redirect, redirectSocket.address) }
            if let internalSocket { self.announce(.internal, internalSocket.address) }
            try await gracefulShutdown()
        } catch {
            await self.stop(channels)
            if !(error is CancellationError) { throw error }
            return
        }
        await self.stop(channels)
    }

    // MARK: Listening

    private func open(_ role: ListenerRole, _ listen: ListenAddress) throws -> ListeningSocket {
        do {
            let inherited = self.inherited[role].flatMap { $0.serves(listen) ? $0 : nil }
            let socket = try inherited ?? ListeningSocket.open(listen)
            self.state.withLock { $0.sockets[role] = socket }
            return socket
        } catch {
            throw ListenFailure(role.rawValue, listen, because: error)
        }
    }

    private func serve(
        _ role: ListenerRole,
        _ socket: ListeningSocket,
        _ configure: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) async throws -> any Channel {
        do {
            return try await ServerBootstrap(group: self.group)
                .serverChannelInitializer { [logger] channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            AcceptBackoff(listener: role.rawValue, logger: logger)
                        )
                    }
                }
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelOption(.writeBufferWaterMark, value: .init(low: 32 << 10, high: 64 << 10))
                .childChannelInitializer(configure)
                .withBoundSocket(try socket.duplicate())
                .get()
        } catch {
            throw ListenFailure(role.rawValue, socket.address, because: error)
        }
    }

    private func makeWorkers(publicPort: Int, tls: TLSMaterial) async throws {
        guard let services = self.state.withLock({ $0.services.take() }) else {
            preconditionFailure("an edge runs once")
        }
        let shared = EdgeShared(
            settings: self.settings,
            services: services,
            publicPort: publicPort,
            tls: tls,
            logger: self.logger
        )
        let loops = Array(self.group.makeIterator())
        for loop in loops {
            let worker = try await loop.submit {
                NIOLoopBound(EdgeWorker(loop: loop, shared: shared, loops: loops.count), eventLoop: loop)
            }.get()
            self.workers.add(worker, loop: loop)
        }
        self.state.withLock { $0.shared = shared }
    }

    private func announce(_ role: ListenerRole, _ address: ListenAddress) {
        self.logger.info("listening", metadata: ["listener": "\(role.rawValue)", "address": "\(address)"])
        self.onListening(role.rawValue, address)
    }

    /// What a successor may go on listening with; empty before and after serving.
    package var sockets: [ListenerRole: ListeningSocket] { self.state.withLock { $0.sockets } }

    // MARK: Reload

    /// The configuration in force; `nil` before anything is accepted.
    package var current: EdgeSnapshot? { self.state.withLock { $0.shared }.map { EdgeSnapshot(shared: $0) } }

    /// Everything that can fail: opens the certificates and builds all tables. Nothing changes before `adopt`.
    /// - Parameters:
    ///   - upstreams: every route's, by name.
    ///   - identityKeys: as in `EdgeServices`.
    package func prepare(
        _ settings: EdgeSettings,
        upstreams: [String: Upstream],
        identityKeys: [SigningKey] = []
    ) throws -> EdgeSnapshot {
        guard let previous = self.state.withLock({ $0.shared }) else { throw EdgeStarting() }
        var services = previous.services
        services.upstreams = upstreams
        services.identityKeys = identityKeys
        let shared = EdgeShared(
            settings: settings,
            services: services,
            publicPort: previous.publicPort,
            tls: try TLSMaterial.load(settings.certificates, continuing: previous.tls),
            logger: self.logger,
            continuing: previous
        )
        return EdgeSnapshot(shared: shared)
    }

    /// Puts it in force. Returns once every loop begins new requests with it; requests, streams and sockets under way keep theirs.
    package func adopt(_ snapshot: EdgeSnapshot) async {
        self.state.withLock { $0.shared = snapshot.shared }
        await self.workers.adopt(snapshot.shared)
    }

    // MARK: Drain

    /// Another process serves on the same sockets, so live clients that are sent away may come back at once.
    package func handedOver() { self.state.withLock { $0.hasSuccessor = true } }

    /// A drain, begun or to come, has this long and no more.
    private static let hurriedWindow = Duration.seconds(1)

    /// Cuts what is left of a drain after a second, live connections too.
    package func hurry() {
        self.state.withLock { $0.isHurried = true }
        self.workers.cut(in: TimeAmount(Self.hurriedWindow))
    }

    /// A server channel that closes takes along what it has accepted and not yet handed to its loop: so it stops accepting first,
    /// and those get through. Already closed is as good as closed, here and below.
    private func close(_ channels: [any Channel]) async {
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(StopAccepting()) }
        for loop in self.group.makeIterator() { try? await loop.submit {}.get() }
        for channel in channels {
            try? await channel.eventLoop.submit {}.get()
            try? await channel.close().get()
        }
    }

    private func stop(_ channels: [any Channel]) async {
        await self.close(channels)
        let state = self.state.withLock { state in
            defer {
                state.sockets = [:]
                state.shared = nil
            }
            return state
        }
        for socket in state.sockets.values { socket.close() }
        let drain = (state.shared?.settings ?? self.settings).limits.drain
        let window = state.isHurried ? min(drain, Self.hurriedWindow) : drain
        async let live: Void = self.hub.drain(window: window, othersRunning: state.hasSuccessor)
        await self.workers.drain(window: TimeAmount(window))
        await live
        // The session authority knows the workers, and each of them, by way of its snapshot, the authority.
        self.workers.removeAll()
    }
}
