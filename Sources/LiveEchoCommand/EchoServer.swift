// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Live
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle
internal import Settings

/// Accepts until it is told to stop; its connections end with the process.
struct EchoServer: Service {
    let address: ListenAddress
    let echo: WebSocketEcho
    let logger: Logger

    func run() async throws {
        let (echo, logger) = (echo, logger)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(EchoUpgrade(echo: echo, logger: logger))
                }
            }
            .bind(host: address.host, port: address.port).get()
        let bound = channel.localAddress?.port ?? address.port
        logger.info(
            "listening",
            metadata: ["listener": "echo", "address": "\(ListenAddress(host: address.host, port: bound))"]
        )
        try await withGracefulShutdownHandler {
            try await channel.closeFuture.get()
        } onGracefulShutdown: {
            channel.close(promise: nil)
        }
    }
}
