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

/// Binds the public and the internal listener, serves until graceful shutdown, then drains (proxy.md §13).
///
/// Shutdown: stop accepting; idle connections close at once; HTTP/1.1 says `Connection: close`, HTTP/2 GOAWAY; live
/// connections leave spread over the window; what is still there at its end is cut.
package final class EdgeListener: Service {
    /// Called once a listener accepts, with `public` or `internal` and the address it was given.
    package typealias Announcement = @Sendable (_ listener: String, _ address: ListenAddress) -> Void

    private let settings: EdgeSettings
    private let services: EdgeServices
    private let group: any EventLoopGroup
    private let logger: Logger
    private let onListening: Announcement
    private let workers = WorkerTable()

    /// Registers with the session authority at once, so construct it before that service runs.
    package init(
        settings: EdgeSettings,
        services: EdgeServices,
        group: any EventLoopGroup,
        logger: Logger,
        onListening: @escaping Announcement = { _, _ in }
    ) {
        self.settings = settings
        self.services = services
        self.group = group
        self.logger = logger
        self.onListening = onListening
        services.sessions?.observe { [workers] event in workers.sessionChanged(event) }
        services.sessions?.observeReconnections { [workers] in workers.sessionsMayHaveChanged() }
    }

    package func run() async throws {
        let tls = try TLSMaterial.load(self.settings.tls)
        let pipelines = Pipelines(tls: tls, workers: self.workers, limits: self.settings.limits)
        let publicChannel = try await self.bind(.public, self.settings.publicListen) { pipelines.configurePublic($0) }
        var channels = [publicChannel]
        do {
            let publicAddress = try Self.address(of: publicChannel)
            try await self.makeWorkers(publicPort: publicAddress.port)
            var internalAddress: ListenAddress?
            if let listen = self.settings.internalListen {
                let channel = try await self.bind(.internal, listen) { [settings] in
                    pipelines.configureInternal($0, allowFrom: settings.internalAllowFrom)
                }
                channels.append(channel)
                internalAddress = try Self.address(of: channel)
            }
            // Nothing was accepted up to here: the workers had to know the port first.
            for channel in channels { try await channel.setOption(.autoRead, value: true).get() }
            self.announce(.public, publicAddress)
            if let internalAddress { self.announce(.internal, internalAddress) }
            try await gracefulShutdown()
        } catch {
            await self.stop(channels)
            if !(error is CancellationError) { throw error }
            return
        }
        await self.stop(channels)
    }

    private func bind(
        _ role: ListenerRole,
        _ address: ListenAddress,
        _ configure: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) async throws -> any Channel {
        do {
            return try await ServerBootstrap(group: self.group)
                .serverChannelOption(.backlog, value: 1_024)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelOption(.autoRead, value: false)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelOption(.writeBufferWaterMark, value: .init(low: 32 << 10, high: 64 << 10))
                .childChannelInitializer(configure)
                .bind(host: address.host, port: address.port)
                .get()
        } catch {
            throw ListenFailure(role.rawValue, address, because: error)
        }
    }

    private func makeWorkers(publicPort: Int) async throws {
        let shared = EdgeShared(
            settings: self.settings,
            services: self.services,
            publicPort: publicPort,
            logger: self.logger
        )
        let loops = Array(self.group.makeIterator())
        for loop in loops {
            let worker = try await loop.submit {
                NIOLoopBound(EdgeWorker(loop: loop, shared: shared, loops: loops.count), eventLoop: loop)
            }.get()
            self.workers.add(worker, loop: loop)
        }
    }

    private func announce(_ role: ListenerRole, _ address: ListenAddress) {
        self.logger.info("listening", metadata: ["listener": "\(role.rawValue)", "address": "\(address)"])
        self.onListening(role.rawValue, address)
    }

    private func stop(_ channels: [any Channel]) async {
        // Already closed is as good as closed.
        for channel in channels { try? await channel.close().get() }
        let window = self.settings.limits.drain
        async let live: Void = self.services.hub.drain(window: window)
        await self.workers.drain(window: TimeAmount(window))
        await live
    }

    private static func address(of channel: any Channel) throws -> ListenAddress {
        guard let address = channel.localAddress, let ip = address.ipAddress, let port = address.port else {
            throw ChannelError.unknownLocalAddress
        }
        return try ListenAddress(parsing: ip.contains(":") ? "[\(ip)]:\(port)" : "\(ip):\(port)")
    }
}
