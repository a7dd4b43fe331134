// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// A cable between two processes that a test can pull and put back. While it is cut nothing passes in either direction and nobody
/// is told: connections stay open, new ones are accepted and lead nowhere, as on a network that drops packets. What was sent
/// meanwhile arrives once it is healed, as TCP sends it again.
package final class TCPRelay: Sendable {
    private struct State {
        var isCut = false
        var channels: [ObjectIdentifier: any Channel] = [:]
    }

    package let port: Int
    private let target: Int
    private let listener: any Channel
    private let state: Shared

    /// Shared with the handlers of the connections.
    fileprivate final class Shared: Sendable {
        private let state = Mutex(State())

        /// From here on it passes what comes, unless the cable is cut.
        func add(_ channel: any Channel) {
            let isCut = state.withLock { state in
                state.channels[ObjectIdentifier(channel)] = channel
                return state.isCut
            }
            Self.set(isCut: isCut, channel)
        }

        private static func set(isCut: Bool, _ channel: any Channel) {
            // Fails when it is closed, and then nothing passes either.
            channel.setOption(.autoRead, value: !isCut).whenFailure { _ in }
        }

        func remove(_ channel: any Channel) {
            state.withLock { _ = $0.channels.removeValue(forKey: ObjectIdentifier(channel)) }
        }

        func set(isCut: Bool) {
            let channels = state.withLock { state in
                state.isCut = isCut
                return Array(state.channels.values)
            }
            for channel in channels { Self.set(isCut: isCut, channel) }
        }

        func take() -> [any Channel] {
            state.withLock { state in
                defer { state.channels = [:] }
                return Array(state.channels.values)
            }
        }
    }

    /// - Parameter target: a port of loopback; need not answer yet.
    package static func start(to target: Int) async throws -> TCPRelay {
        let shared = Shared()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 128)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { client in
                ClientBootstrap(group: client.eventLoop)
                    .channelOption(.autoRead, value: false)
                    .connect(host: "127.0.0.1", port: target)
                    .flatMap { server in
                        client.eventLoop.makeCompletedFuture {
                            try client.pipeline.syncOperations.addHandler(RelayHandler(peer: server))
                            try server.pipeline.syncOperations.addHandler(RelayHandler(peer: client))
                            for channel in [client, server] {
                                channel.closeFuture.whenComplete { _ in shared.remove(channel) }
                            }
                        }
                        .map {
                            shared.add(client)
                            shared.add(server)
                        }
                    }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        guard let port = listener.localAddress?.port else { throw ChannelError.unknownLocalAddress }
        return TCPRelay(port: port, target: target, listener: listener, shared: shared)
    }

    private init(port: Int, target: Int, listener: any Channel, shared: Shared) {
        (self.port, self.target, self.listener, state) = (port, target, listener, shared)
    }

    package func cut() { state.set(isCut: true) }
    package func heal() { state.set(isCut: false) }

    package func stop() {
        listener.close(promise: nil)
        for channel in state.take() { channel.close(promise: nil) }
    }
}

/// Everything that comes goes to the other side, its end too.
private final class RelayHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let peer: any Channel

    init(peer: any Channel) { self.peer = peer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        peer.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { peer.close(promise: nil) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

@available(*, unavailable) extension RelayHandler: Sendable {}
