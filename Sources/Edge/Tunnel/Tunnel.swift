// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import CoreMetrics
internal import Foundation
internal import HTTPMessages
internal import Logging
internal import NIOCore
internal import Sessions
internal import Wire

/// One WebSocket between a client and an upstream, from the 101 to the end (proxy.md §8): two handlers on one loop, and
/// the machine that says what may pass.
///
/// Bytes pass as they come. Each side is read only while the other takes what is written, so at most one read and one
/// channel's buffer wait on either. Ends once the client or the upstream does, when its session is no more, in a drain, after
/// `idle` without a byte, or when the client takes nothing.
final class Tunnel {
    /// A Close frame waits so long for a border, then so long for the client's end.
    private static let patience = TimeAmount.seconds(5)
    /// Without word of its session a tunnel stays so long.
    private static let longestDoubt = TimeAmount.seconds(60)

    private let worker: EdgeWorker
    private let facts: TunnelFacts
    private let started = NIODeadline.now()
    private var machine = StateMachine()
    private var end: TunnelEnd?
    private var client: ChannelHandlerContext?
    private var upstream: ChannelHandlerContext?
    private var isClientReadHeld = false
    private var up = 0
    private var down = 0
    /// Last byte in either direction.
    private var activeAt = NIODeadline.now()
    /// The client's socket takes nothing since then.
    private var stalledSince: NIODeadline?
    /// A close under way is cut short then.
    private var deadline: NIODeadline?
    /// Chosen when a drain begins.
    private var drainsAt: NIODeadline?
    private var drainRetry = 0
    private var endsAt: Date?
    private var doubtSince: NIODeadline?

    init(worker: EdgeWorker, facts: TunnelFacts) {
        self.worker = worker
        self.facts = facts
        switch facts.owner {
        case .nobody: self.endsAt = nil
        case .session(_, _, let end), .token(let end): self.endsAt = end
        }
        facts.metrics.open.increment()
        worker.add(timed: self)
        worker.tunnels.add(self)
    }

    var sessionKey: SessionKey? { self.facts.owner.sessionKey }

    // MARK: The client's side

    func attach(client context: ChannelHandlerContext) { self.client = context }

    func receivedFromClient(_ bytes: ByteBuffer) {
        guard self.machine.takesFromClient, let upstream else { return }
        self.activeAt = .now()
        self.up += bytes.readableBytes
        self.facts.metrics.up.increment(by: bytes.readableBytes)
        upstream.write(NIOAny(bytes), promise: nil)
    }

    func clientReadComplete() { self.upstream?.flush() }

    /// While the upstream takes nothing, the client is not read. Once closing, everything is: it is thrown away.
    func mayReadClient() -> Bool {
        guard self.machine.takesFromClient, let upstream, !upstream.channel.isWritable else { return true }
        self.isClientReadHeld = true
        return false
    }

    func clientWritabilityChanged(_ isWritable: Bool) {
        self.stalledSince = isWritable ? nil : .now()
        if isWritable { self.readUpstream() }
    }

    func clientGone() {
        guard self.machine.clientGone() == .closeOther else { return }
        self.client = nil
        self.releaseUpstream()
        self.finish(self.end ?? .client)
    }

    // MARK: The upstream's side

    func attach(upstream context: ChannelHandlerContext) { self.upstream = context }

    /// Both sides are attached and the client has its 101.
    /// - Parameter first: what the upstream sent with the 101.
    func begin(_ first: ByteBuffer, isInputClosed: Bool) {
        if first.readableBytes > 0 {
            self.receivedFromUpstream(first)
            self.client?.flush()
        }
        if isInputClosed { self.upstreamGone() } else { self.readUpstream() }
    }

    func receivedFromUpstream(_ bytes: ByteBuffer) {
        guard let client else { return }
        self.activeAt = .now()
        switch bytes.withUnsafeReadableBytes({ self.machine.receivedFromUpstream($0) }) {
        case .relay: self.relay(bytes, to: client)
        case .relayThenClose(let count):
            var bytes = bytes
            if let part = bytes.readSlice(length: count) { self.relay(part, to: client) }
            self.sendClose()
        case .drop: return
        }
    }

    func upstreamReadComplete() {
        self.client?.flush()
        self.readUpstream()
    }

    func upstreamWritabilityChanged(_ isWritable: Bool) {
        guard isWritable, self.isClientReadHeld else { return }
        self.isClientReadHeld = false
        self.client?.read()
    }

    func upstreamGone() {
        guard self.machine.upstreamGone() == .deliverRest else { return }
        self.end = self.end ?? .upstream
        self.deliverRest()
    }

    // MARK: Ends

    /// A Close frame at the next border towards the client.
    func close(_ end: TunnelEnd) {
        switch self.machine.close() {
        case .none: return
        case .sendClose:
            self.end = end
            self.sendClose()
        case .awaitBorder:
            self.end = end
            self.deadline = .now() + Self.patience
        case .deliverRest:
            self.end = end
            self.deliverRest()
        }
    }

    /// At an instant of its own within the window, so that not all clients come back at once.
    func drain() {
        guard self.drainsAt == nil else { return }
        let window = TimeAmount(self.worker.limits.drain)
        let now = NIODeadline.now()
        let span = max(0, window.nanoseconds * 3 / 4)
        let delay = TimeAmount.nanoseconds(.random(in: 0...span))
        self.drainsAt = now + delay
        self.drainRetry = Int((window - delay).nanoseconds / 1_000_000) + .random(in: 0...2_000)
    }

    /// The session store's word.
    func session(is check: SessionCheck) {
        switch check {
        case .alive(let until, _):
            self.endsAt = until
            self.doubtSince = nil
        case .ended(let reason):
            self.close(.session(reason))
        case .unknown:
            let since = self.doubtSince ?? .now()
            self.doubtSince = since
            if .now() - since >= Self.longestDoubt { self.close(.doubt) }
        }
    }

    /// Nobody is there any more, or nobody follows the rules.
    func cut(_ end: TunnelEnd) {
        guard self.machine.overdue() else { return }
        self.client?.close(promise: nil)
        self.client = nil
        self.upstream?.close(promise: nil)
        self.upstream = nil
        self.finish(self.end ?? end)
    }

    // MARK: Inside

    private func relay(_ bytes: ByteBuffer, to client: ChannelHandlerContext) {
        self.down += bytes.readableBytes
        self.facts.metrics.down.increment(by: bytes.readableBytes)
        client.write(NIOAny(bytes), promise: nil)
    }

    private func readUpstream() {
        guard let client, client.channel.isWritable else { return }
        self.upstream?.read()
    }

    /// Then our side of the connection ends; the client answers with its Close frame and ends the other.
    private func sendClose() {
        guard let client, let end else { return }
        var frame = ByteBuffer()
        WebSocketFraming.writeClose(code: end.code, reason: end.reason, into: &frame)
        client.writeAndFlush(NIOAny(frame), promise: nil)
        client.close(mode: .output, promise: nil)
        self.deadline = .now() + Self.patience
        self.releaseUpstream()
        self.releaseClient()
    }

    /// What the upstream sent last still goes to the client.
    private func deliverRest() {
        self.deadline = .now() + TimeAmount(self.worker.limits.writeIdle)
        self.upstream?.close(promise: nil)
        self.upstream = nil
        guard let client else { return }
        self.deliver(to: client)
        self.releaseClient()
    }

    private func releaseUpstream() {
        guard let upstream else { return }
        self.upstream = nil
        self.deliver(to: upstream)
    }

    /// A close of its own would throw away what the socket has not taken yet. The worker's tick bounds the wait.
    private func deliver(to context: ChannelHandlerContext) {
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(NIOAny(ByteBuffer()), promise: written)
        written.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
    }

    private func releaseClient() {
        guard self.isClientReadHeld else { return }
        self.isClientReadHeld = false
        self.client?.read()
    }

    private func finish(_ end: TunnelEnd) {
        self.worker.remove(timed: self)
        self.worker.tunnels.remove(self)
        self.facts.metrics.ended(end)
        let duration = (NIODeadline.now() - self.started).nanoseconds
        self.worker.shared.accessLog.record(
            AccessLog.TunnelEntry(
                facts: self.facts,
                nanoseconds: duration,
                received: self.up,
                sent: self.down,
                end: end
            )
        )
    }
}

extension Tunnel: EdgeWorker.Timed {
    func tick(now: NIODeadline) {
        if let deadline, now >= deadline { return self.cut(.client) }
        if let stalledSince, now - stalledSince >= TimeAmount(self.worker.limits.writeIdle) {
            return self.cut(.stalled)
        }
        guard self.machine.isOpen else { return }
        if let drainsAt, now >= drainsAt { return self.close(.draining(retry: self.drainRetry)) }
        if now - self.activeAt >= self.facts.idle { return self.close(.idle) }
        guard let endsAt, Date() >= endsAt else { return }
        switch self.facts.owner {
        case .nobody: break
        case .token: self.close(.token)
        // It may have slid: the answer moves the end, or closes.
        case .session(let key, _, _): self.worker.tunnels.ask(about: [key], on: self.worker)
        }
    }
}

@available(*, unavailable) extension Tunnel: Sendable {}
