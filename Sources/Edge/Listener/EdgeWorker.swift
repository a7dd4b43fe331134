// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import HTTPMessages
internal import Live
internal import Logging
internal import Metrics
internal import NIOCore
internal import Observability
internal import Sessions
internal import Tokens
internal import Upstreams
internal import Wire

/// Everything one event loop owns: pools, caches, scratch space and its connections. Made on its loop, used there only.
final class EdgeWorker {
    /// A connection or stream with deadlines of its own. Called once a tick instead of one timer each.
    protocol Timed: AnyObject {
        func tick(now: NIODeadline)
    }

    let loop: any EventLoop
    /// The configuration in force on this loop. A request reads it once, when it begins.
    private(set) var shared: EdgeShared
    let pool: LoopPool
    let shard: HubShard
    var sessions: SessionCache
    /// How many session events this loop has heard: a lookup that one overtook is not kept.
    private(set) var sessionChanges: UInt64 = 0
    var tokens: TokenCache
    let tunnels = TunnelTable()
    var assertions: AssertionCache
    /// Request heads on their way upstream are written here.
    var outbound: ByteBuffer
    /// Field names in normal form.
    var scratch: [UInt8] = []
    var requestIDs = RequestID.Generator(seed: .random(in: .min ... .max))
    private(set) var isDraining = false
    /// The last connection of a drain is gone: whoever comes now comes too late.
    var isDrained: Bool { self.isDraining && self.ticker == nil }
    private var date = DateField()
    private var cursor = (position: Cursor.zero, text: [UInt8]())
    private var connections: [ObjectIdentifier: ConnectionGuard] = [:]
    private var timed: [ObjectIdentifier: any Timed] = [:]
    private var ticker: RepeatedTask?
    /// Pause between two ticks, and when the last one ended.
    private var tickInterval = TimeAmount.zero
    private var tickedAt = NIODeadline.now()
    /// Finished and not handed on yet.
    private var spans: [SpanRecord] = []
    private static let spanBatch = 64
    private var drained: EventLoopPromise<Void>?
    private var drainEnd: Scheduled<Void>?

    /// The node's budget of remembered sessions and tokens, and the least a loop gets of it.
    private static let remembered = 10_000
    private static let rememberedAtLeast = 1_000

    /// - Parameter loops: how many workers share the node's budgets.
    init(loop: any EventLoop, shared: EdgeShared, loops: Int) {
        loop.assertInEventLoop()
        self.loop = loop
        self.shared = shared
        self.pool = LoopPool(loop: loop, logger: shared.logger)
        self.shard = shared.services.hub.shard(on: loop)
        let capacity = max(Self.rememberedAtLeast, Self.remembered / max(1, loops))
        self.sessions = SessionCache(capacity: capacity)
        self.tokens = TokenCache(capacity: capacity)
        self.assertions = AssertionCache(capacity: capacity)
        self.outbound = ByteBufferAllocator().buffer(capacity: 2_048)
        self.ticker = self.startTicking()
    }

    var settings: EdgeSettings { self.shared.settings }
    var limits: EdgeLimits { self.shared.settings.limits }

    /// A reload: whatever begins from here on begins with `shared`.
    func adopt(_ shared: EdgeShared) {
        self.loop.assertInEventLoop()
        self.shared = shared
        // Of other keys, audiences or origins, perhaps.
        self.assertions.removeAll()
        self.pool.forget(exceptFor: shared.services.upstreams)
        guard self.ticker != nil else { return }
        self.ticker?.cancel()
        self.ticker = self.startTicking()
    }

    func dateText(now: NIODeadline) -> String { self.date.value(now: now) }
    func dateBytes(now: NIODeadline) -> [UInt8] { self.date.value(now: now) }

    /// `Live-Cursor` for now. Written anew only when the log has moved, which between two requests it seldom has.
    func cursorBytes() -> [UInt8] {
        let position = self.shared.services.hub.position
        if position != self.cursor.position || self.cursor.text.isEmpty {
            self.cursor = (position, Array(position.description.utf8))
        }
        return self.cursor.text
    }

    func sessionChanged(_ event: SessionEvent) {
        self.loop.assertInEventLoop()
        self.sessionChanges &+= 1
        self.sessions.drop(event.key)
        self.tunnels.sessionChanged(event)
    }

    // MARK: Connections

    func add(_ connection: ConnectionGuard) {
        self.connections[ObjectIdentifier(connection)] = connection
        self.shared.metrics.connections.increment()
    }

    func remove(_ connection: ConnectionGuard) {
        if self.connections.removeValue(forKey: ObjectIdentifier(connection)) != nil {
            self.shared.metrics.connections.decrement()
        }
        if self.connections.isEmpty { self.finishDrain() }
    }

    func add(timed: any Timed) { self.timed[ObjectIdentifier(timed)] = timed }
    func remove(timed: any Timed) { self.timed[ObjectIdentifier(timed)] = nil }

    /// Succeeds when the last connection is gone; cuts what is left after `window`.
    func drain(window: TimeAmount) -> EventLoopFuture<Void> {
        self.loop.assertInEventLoop()
        if let drained { return drained.futureResult }
        self.isDraining = true
        let promise = self.loop.makePromise(of: Void.self)
        self.drained = promise
        for connection in self.connections.values { connection.drain() }
        if self.connections.isEmpty {
            self.finishDrain()
        } else {
            self.drainEnd = self.loop.assumeIsolated().scheduleTask(in: window) { self.endDrain() }
        }
        return promise.futureResult
    }

    /// Ends a drain.
    func endDrain() {
        self.loop.assertInEventLoop()
        guard self.isDraining else { return }
        for connection in self.connections.values { connection.cut() }
        self.finishDrain()
    }

    private func finishDrain() {
        guard self.isDraining, let drained else { return }
        self.ticker?.cancel()
        self.ticker = nil
        // Both held this worker until now.
        self.drainEnd?.cancel()
        self.drainEnd = nil
        self.flushSpans()
        self.pool.shutdown()
        drained.succeed()
    }

    /// A second, or a quarter of the shortest limit where one is shorter.
    private func startTicking() -> RepeatedTask {
        let limits = self.limits
        let shortest = min(limits.handshake, limits.head, limits.bodyIdle, limits.keepAlive, limits.writeIdle)
        let interval = max(TimeAmount.milliseconds(5), min(.seconds(1), TimeAmount(shortest / 4)))
        self.tickInterval = interval
        // The task holds the worker until `finishDrain` cancels it.
        let bound = NIOLoopBound(self, eventLoop: self.loop)
        return self.loop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            bound.value.tick()
        }
    }

    private func tick() {
        let now = NIODeadline.now()
        let lag = now - (self.tickedAt + self.tickInterval)
        self.shared.metrics.loopLag.recordNanoseconds(max(0, lag.nanoseconds))
        for timed in Array(self.timed.values) { timed.tick(now: now) }
        self.tunnels.tick(now: now, on: self)
        self.flushSpans()
        self.tickedAt = .now()
    }

    // MARK: Spans

    func append(_ span: SpanRecord) {
        self.spans.append(span)
        if self.spans.count >= Self.spanBatch { self.flushSpans() }
    }

    private func flushSpans() {
        guard !self.spans.isEmpty else { return }
        self.shared.services.tracing?.sink.record(self.spans)
        self.spans.removeAll(keepingCapacity: true)
    }
}

@available(*, unavailable) extension EdgeWorker: Sendable {}
