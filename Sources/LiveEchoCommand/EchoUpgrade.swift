// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
internal import Live
internal import Logging
internal import NIOCore

/// The opening handshake (RFC 6455 §4.2) of the echo, on any path: strict as the gateway's, without its session and
/// origin. Replaces itself by the WebSocket handler and hands over what came with the handshake.
final class EchoUpgrade: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        case head(HTTP1HeadParser)
        case upgraded
        case refused
    }

    private static let patience = TimeAmount.seconds(10)

    private let echo: WebSocketEcho
    private let logger: Logger
    private var state = State.head(HTTP1HeadParser(.request))
    private var head = MessageHead()
    private var inbound = ByteBuffer()
    private var timer: Scheduled<Void>?

    init(echo: WebSocketEcho, logger: Logger) {
        self.echo = echo
        self.logger = logger
    }

    func handlerAdded(context: ChannelHandlerContext) {
        // A test's server: a closure per connection costs nothing that matters here.
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: Self.patience) {
            if case .head = self.state { context.close(promise: nil) }
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var parser) = state else { return }
        var bytes = unwrapInboundIn(data)
        inbound.writeBuffer(&bytes)
        do {
            let isComplete = try parser.parse(&inbound, into: &head)
            state = .head(parser)
            if isComplete { try upgrade(context) }
        } catch {
            refuse(context, because: error)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func upgrade(_ context: ChannelHandlerContext) throws {
        guard head.method == .get, head.connectionLists("upgrade"), namesWebSocket else {
            throw MessageError(.badMessage, "not a WebSocket handshake")
        }
        let key = head.first(.secWebSocketKey)
        try WebSocketHandshake.validate(key: key, version: head.first(.secWebSocketVersion))
        var answer = ByteBuffer(
            string: "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
        )
        HeadWriter.field("sec-websocket-accept", WebSocketHandshake.accept(key: key ?? []), into: &answer)
        HeadWriter.end(into: &answer)
        context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
        state = .upgraded
        let handler = WebSocketHandler(echo: echo, loop: context.eventLoop, logger: logger)
        try context.pipeline.syncOperations.addHandler(handler, position: .after(self))
        if inbound.readableBytes > 0 {
            context.fireChannelRead(wrapInboundOut(inbound))
            context.fireChannelReadComplete()
        }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    private var namesWebSocket: Bool {
        guard let value = head.first(.upgrade) else { return false }
        return TokenList(value).contains { String(decoding: $0, as: UTF8.self).lowercased() == "websocket" }
    }

    private func refuse(_ context: ChannelHandlerContext, because error: any Error) {
        state = .refused
        logger.info("handshake refused", metadata: ["reason": "\(error)"])
        let isVersion = error as? WebSocketHandshake.Refusal == .badVersion
        let line = isVersion ? "426 Upgrade Required\r\nsec-websocket-version: 13" : "400 Bad Request"
        let answer = "HTTP/1.1 \(line)\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
        context.close(mode: .output, promise: nil)
    }
}
