// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import CoreMetrics
internal import Foundation
internal import NIOCore

/// First handler of every connection: counts it, for the node and by address, bounds its TLS handshake, and is the worker's hold on it.
///
/// Over the cap the connection is closed before a byte is read (proxy.md §3: connection caps come first).
final class ConnectionGuard: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    private let worker: EdgeWorker
    /// The peer, or whom a trusted one named.
    private(set) var client: ClientAddress
    private let isTrusted: Bool
    private let countsForNode: Bool
    private var context: ChannelHandlerContext?
    private var isEntered = false
    private var isCounted = false
    private var isCountedForNode = false
    /// `nil` once the handshake is done, or where there is none.
    private var handshakeSince: NIODeadline?

    /// - Parameters:
    ///   - isTrusted: a proxy, which is not counted by address: its connections are other people's.
    ///   - countsForNode: an outsider's. Server-side rendering is not shut out by a crowd of them.
    init(worker: EdgeWorker, client: ClientAddress, isTrusted: Bool, countsForNode: Bool, awaitsHandshake: Bool) {
        self.worker = worker
        self.client = client
        self.isTrusted = isTrusted
        self.countsForNode = countsForNode
        self.handshakeSince = awaitsHandshake ? .now() : nil
    }

    /// Whether the connection may stay.
    func enter() -> Bool {
        // Also while draining: what the kernel had accepted for us is served, and told to close behind its answer.
        guard !self.worker.isDrained, self.countForNode() else { return false }
        guard self.isTrusted || self.count() else {
            self.leave()
            return false
        }
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

    private func countForNode() -> Bool {
        guard self.countsForNode else { return true }
        let shared = self.worker.shared
        self.isCountedForNode = shared.connections.enter(limit: shared.settings.limits.connections)
        if !self.isCountedForNode { shared.metrics.connectionsOverNode.increment() }
        return self.isCountedForNode
    }

    private func count() -> Bool {
        self.isCounted = self.worker.shared.addresses.enter(
            self.client.limitKey,
            limit: self.worker.limits.connectionsPerAddress
        )
        if !self.isCounted { self.worker.shared.metrics.connectionsOverAddress.increment() }
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

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        context.fireUserInboundEventTriggered(event)
        guard let event = event as? ChannelEvent, event == .inputClosed else { return }
        context.fireUserInboundEventTriggered(TransportInputEnded())
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
        if self.isCountedForNode {
            self.isCountedForNode = false
            self.worker.shared.connections.leave(limit: self.worker.limits.connections)
        }
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

/// TCP's own end of input, behind `ChannelEvent.inputClosed`, which stands for whichever of TLS and TCP ended first.
struct TransportInputEnded {}

@available(*, unavailable) extension ConnectionGuard: Sendable {}
