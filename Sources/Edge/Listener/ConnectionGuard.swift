// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import NIOCore

/// First handler of every connection: counts it by address, bounds its TLS handshake, and is the worker's hold on it.
///
/// Over the cap the connection is closed before a byte is read (proxy.md §3: connection caps come first).
final class ConnectionGuard: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    private let worker: EdgeWorker
    /// The peer, or whom a trusted one named.
    private(set) var client: ClientAddress
    private let isTrusted: Bool
    private var context: ChannelHandlerContext?
    private var isEntered = false
    private var isCounted = false
    /// `nil` once the handshake is done, or where there is none.
    private var handshakeSince: NIODeadline?

    /// - Parameter isTrusted: a proxy, which is not counted itself: its connections are other people's.
    init(worker: EdgeWorker, client: ClientAddress, isTrusted: Bool, awaitsHandshake: Bool) {
        self.worker = worker
        self.client = client
        self.isTrusted = isTrusted
        self.handshakeSince = awaitsHandshake ? .now() : nil
    }

    /// Whether the connection may stay.
    func enter() -> Bool {
        // Also while draining: what the kernel had accepted for us is served, and told to close behind its answer.
        guard !self.worker.isDrained, self.isTrusted || self.count() else { return false }
        self.isEntered = true
        self.worker.add(self)
        if self.handshakeSince != nil { self.worker.add(timed: self) }
        return true
    }

    /// A trusted proxy names its client, which counts from here on. Whether the connection may stay.
    func identify(_ client: ClientAddress) -> Bool {
        guard client.bytes != self.client.bytes else { return true }
        self.client = client
        return self.count()
    }

    private func count() -> Bool {
        self.isCounted = self.worker.shared.addresses.enter(
            self.client.limitKey,
            limit: self.worker.limits.connectionsPerAddress
        )
        return self.isCounted
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.leave()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.leave()
        context.fireChannelInactive()
    }

    /// ALPN is done: the connection has its protocol.
    func handshakeCompleted() {
        self.handshakeSince = nil
        self.worker.remove(timed: self)
    }

    /// The protocol handlers are in place.
    func protocolAdded() { if self.worker.isDraining { self.drain() } }

    /// Tells the protocol handlers to finish. One still shaking hands is told when it has a protocol: its first request was
    /// sent in good faith, and gets its answer.
    func drain() {
        guard let context, self.handshakeSince == nil else { return }
        context.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    }

    /// Ends the connection below TLS and with a reset: whatever was on its way must not look whole, and both a
    /// `close_notify` and a FIN could be taken for the end of an answer that lasts until the connection does.
    func cut() {
        guard let context else { return }
        if let socket = context.channel as? any SocketOptionProvider {
            // A failure means that the socket is gone already.
            socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenFailure { _ in }
        }
        // From here, the first handler, it does not pass NIOSSL.
        context.close(promise: nil)
    }

    private func leave() {
        if self.isCounted {
            self.isCounted = false
            self.worker.shared.addresses.leave(self.client.limitKey)
        }
        guard self.isEntered else { return }
        self.isEntered = false
        self.worker.remove(timed: self)
        self.worker.remove(self)
    }
}

extension ConnectionGuard: EdgeWorker.Timed {
    func tick(now: NIODeadline) {
        guard let handshakeSince, now - handshakeSince >= TimeAmount(self.worker.limits.handshake) else { return }
        self.handshakeCompleted()
        self.cut()
    }
}

@available(*, unavailable) extension ConnectionGuard: Sendable {}
