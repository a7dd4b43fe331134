// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
package import NIOSSL
internal import NIOWebSocket

/// A plain WebSocket client over TLS (or without), on NIO's own codec: an implementation independent of the server's.
package final class WebSocketClient: Sendable {
    package enum Message: Sendable, Equatable {
        case text(String)
        case close(code: UInt16, reason: String)
        /// The transport ended without a close frame.
        case cut
    }

    private let channel: any Channel
    private let stream: AsyncStream<Message>

    private init(channel: any Channel, stream: AsyncStream<Message>) {
        self.channel = channel
        self.stream = stream
    }

    /// - Throws: `Refused` with the status where the server answers anything but 101.
    package static func connect(
        port: Int,
        path: String,
        headers: [(String, String)],
        tls: TLSConfiguration?,
        host: String = "localhost"
    ) async throws -> WebSocketClient {
        let (stream, continuation) = AsyncStream<Message>.makeStream(bufferingPolicy: .unbounded)
        let group = MultiThreadedEventLoopGroup.singleton
        let upgraded = group.any().makePromise(of: (any Channel).self)
        let context = try tls.map { try NIOSSLContext(configuration: $0) }
        let bootstrap = ClientBootstrap(group: group).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                let pipeline = channel.pipeline.syncOperations
                if let context { try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: host)) }
                let request = UpgradeRequest(path: path, host: "\(host):\(port)", headers: headers, upgraded: upgraded)
                let upgrader = NIOWebSocketClientUpgrader(maxFrameSize: 1 << 20) { channel, _ in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(Receiver(out: continuation))
                        upgraded.succeed(channel)
                    }
                }
                let remover = NIOLoopBound(request, eventLoop: channel.eventLoop)
                try pipeline.addHTTPClientHandlers(
                    leftOverBytesStrategy: .forwardBytes,
                    withClientUpgrade: (
                        upgraders: [upgrader],
                        completionHandler: { context in
                            context.pipeline.syncOperations.removeHandler(remover.value, promise: nil)
                        }
                    )
                )
                try pipeline.addHandler(request)
            }
        }
        do {
            _ = try await bootstrap.connect(host: "127.0.0.1", port: port).get()
        } catch {
            upgraded.fail(error)
        }
        let channel = try await upgraded.futureResult.get()
        // However it ends, even before the receiver stands in the pipeline, whoever reads is told.
        channel.closeFuture.whenComplete { _ in continuation.finish() }
        return WebSocketClient(channel: channel, stream: stream)
    }

    package struct Refused: Error, Equatable {
        package var status: Int

        package init(status: Int) { self.status = status }
    }

    /// The next message; nil once the connection is over and all was read.
    package func next() async -> Message? {
        for await message in stream { return message }
        return nil
    }

    package func send(text: String) async throws {
        let frame = WebSocketFrame(fin: true, opcode: .text, maskKey: .random(), data: ByteBuffer(string: text))
        try await channel.writeAndFlush(frame)
    }

    /// Cuts the transport without any close frame, as a lost network does.
    package func cut() async { try? await channel.close() }  // already closed is as good
}

/// Sends the upgrade request and reports an answer that is no 101.
private final class UpgradeRequest: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let path: String
    private let host: String
    private let headers: [(String, String)]
    private let upgraded: EventLoopPromise<any Channel>

    init(path: String, host: String, headers: [(String, String)], upgraded: EventLoopPromise<any Channel>) {
        (self.path, self.host, self.headers, self.upgraded) = (path, host, headers, upgraded)
    }

    func channelActive(context: ChannelHandlerContext) {
        var fields = HTTPHeaders(headers)
        if !fields.contains(name: "host") { fields.add(name: "Host", value: host) }
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: path, headers: fields)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(let head) = unwrapInboundIn(data) else { return }
        upgraded.fail(WebSocketClient.Refused(status: Int(head.status.code)))
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        upgraded.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        upgraded.fail(ChannelError.eof)
        context.fireChannelInactive()
    }
}

private final class Receiver: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let out: AsyncStream<WebSocketClient.Message>.Continuation
    private var closed = false

    init(out: AsyncStream<WebSocketClient.Message>.Continuation) { self.out = out }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        var payload = frame.unmaskedData
        switch frame.opcode {
        case .text:
            out.yield(.text(String(buffer: payload)))
        case .ping:
            let pong = WebSocketFrame(fin: true, opcode: .pong, maskKey: .random(), data: payload)
            context.writeAndFlush(wrapOutboundOut(pong), promise: nil)
        case .connectionClose:
            closed = true
            out.yield(.close(code: payload.readInteger() ?? 1005, reason: String(buffer: payload)))
            let echo = WebSocketFrame(fin: true, opcode: .connectionClose, maskKey: .random(), data: frame.unmaskedData)
            context.writeAndFlush(wrapOutboundOut(echo)).assumeIsolated().whenComplete { _ in
                context.close(promise: nil)
            }
        default:
            break
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !closed { out.yield(.cut) }
        out.finish()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
