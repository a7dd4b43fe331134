// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore

/// The client's end of a tunnel: the last handler of its channel.
final class TunnelClientHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let tunnel: Tunnel

    init(_ tunnel: Tunnel) { self.tunnel = tunnel }

    func handlerAdded(context: ChannelHandlerContext) { self.tunnel.attach(client: context) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.tunnel.receivedFromClient(self.unwrapInboundIn(data))
    }

    func channelReadComplete(context: ChannelHandlerContext) { self.tunnel.clientReadComplete() }

    func read(context: ChannelHandlerContext) {
        if self.tunnel.mayReadClient() { context.read() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        self.tunnel.clientWritabilityChanged(context.channel.isWritable)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { self.tunnel.drain() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A reset or a TLS fault: nobody is left to be told.
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { self.tunnel.clientGone() }
    func handlerRemoved(context: ChannelHandlerContext) { self.tunnel.clientGone() }
}

@available(*, unavailable) extension TunnelClientHandler: Sendable {}

/// The upstream's end: the only handler of its channel.
final class TunnelUpstreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let tunnel: Tunnel

    init(_ tunnel: Tunnel) { self.tunnel = tunnel }

    func handlerAdded(context: ChannelHandlerContext) { self.tunnel.attach(upstream: context) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.tunnel.receivedFromUpstream(self.unwrapInboundIn(data))
    }

    func channelReadComplete(context: ChannelHandlerContext) { self.tunnel.upstreamReadComplete() }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        self.tunnel.upstreamWritabilityChanged(context.channel.isWritable)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { self.tunnel.upstreamGone() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    func channelInactive(context: ChannelHandlerContext) { self.tunnel.upstreamGone() }
}

@available(*, unavailable) extension TunnelUpstreamHandler: Sendable {}
