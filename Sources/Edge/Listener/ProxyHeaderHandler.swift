// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore

/// First in the pipeline of connections from `trustedProxies`: reads the PROXY header, if one comes, and only then builds
/// what follows, for the address it named. The handshake's deadline covers the wait.
final class ProxyHeaderHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let guardian: ConnectionGuard
    private let proceed: (any Channel, ClientAddress) throws -> Void
    private var received = ByteBuffer()
    private var isDone = false

    /// - Parameter proceed: adds the rest of the pipeline behind this handler.
    init(_ guardian: ConnectionGuard, proceed: @escaping (any Channel, ClientAddress) throws -> Void) {
        self.guardian = guardian
        self.proceed = proceed
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = self.unwrapInboundIn(data)
        guard !self.isDone else { return context.fireChannelRead(data) }
        self.received.writeBuffer(&bytes)
        switch ProxyHeader.read(self.received) {
        case .needMore: return
        case .malformed: return self.guardian.cut()
        case .absent: self.finish(context, as: self.guardian.client)
        case .present(let length, let source):
            self.received.moveReaderIndex(forwardBy: length)
            let address = source.flatMap { AddressRange.socketAddress($0) }.map { ClientAddress($0) }
            self.finish(context, as: address ?? self.guardian.client)
        }
    }

    private func finish(_ context: ChannelHandlerContext, as client: ClientAddress) {
        self.isDone = true
        do {
            guard self.guardian.identify(client) else { return self.guardian.cut() }
            try self.proceed(context.channel, client)
        } catch {
            return self.guardian.cut()
        }
        if self.received.readableBytes > 0 {
            context.fireChannelRead(self.wrapInboundOut(self.received))
            context.fireChannelReadComplete()
        }
        self.received = ByteBuffer()
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }
}

@available(*, unavailable) extension ProxyHeaderHandler: Sendable {}
