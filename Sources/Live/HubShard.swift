// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import DequeModule
internal import Foundation
internal import Logging
internal import Metrics
package import NIOCore
internal import Synchronization
internal import Wire

/// Everything live on one event loop: its connections, what they subscribed to, and where they are in the log. No lock,
/// no `await`; other threads speak to it through its inbox only.
///
/// - `HubShard+Joining`: the door; refusals, `hello`, first position.
/// - `HubShard+Delivery`: a batch of the log to all sockets that want it.
/// - `HubShard+Reading`: fair turns for connections that read from the ring.
/// - `HubShard+Commands`: `sub`, `unsub`.
/// - `HubShard+Timers`: heartbeats, ends, dead and stuck sockets.
/// - `HubShard+Budget`: what its sockets owe, against the node's budget.
/// - `HubShard+Closing`: one, some or all of them, paced.
package final class HubShard {
    let core: HubCore
    let loop: any EventLoop
    let inbox: ShardInbox
    private let pulse: LoopPulse

    /// Where every live connection is.
    var delivered = Cursor.zero
    var isPreloaded = false
    var drainEnd: NIODeadline?
    var hasPeers = false
    var drained: [EventLoopPromise<Void>] = []

    // Who is here.
    var subscribers: [Subscriber] = []
    var byUser: [String: [Subscriber]] = [:]
    var bySession: [LiveSessionKey: [Subscriber]] = [:]
    var places: [ObjectIdentifier: Admission.Place] = [:]

    // The node's budget.
    var reportedBytes = 0
    var isTight = false

    // Delivery.
    var index = TopicIndex()
    var event: UInt64 = 0
    var pieces: [Piece] = []
    var webSocketFrames = FrameOutput(style: .webSocket)
    var eventStreamFrames = FrameOutput(style: .eventStream)

    // Reading.
    var readers = Deque<Subscriber>()
    var isTurnScheduled = false
    /// Connections with a cursor from the future.
    var ahead: [Subscriber] = []
    var slowLog: SlowLog

    // Time.
    var wheel: TimingWheel<WheelTimer>
    var runs: [(run: PacedRun<Subscriber>, action: PacedAction)] = []
    var isPacing = false
    private var tick: NIOScheduledCallback?
    var sweptAt: NIODeadline
    /// Sessions whose answer was "unknown" while connections of theirs wait for it to go on.
    var doubtful: Set<LiveSessionKey> = []
    var doubtedAt: NIODeadline

    init(core: HubCore, loop: any EventLoop, inbox: ShardInbox, pulse: LoopPulse) {
        loop.preconditionInEventLoop()
        self.pulse = pulse
        self.core = core
        self.loop = loop
        self.inbox = inbox
        wheel = TimingWheel(now: loop.now)
        slowLog = SlowLog(now: loop.now)
        sweptAt = loop.now
        doubtedAt = loop.now
        if core.isPreloaded.load(ordering: .acquiring) {
            // The message may be in the inbox already; it says the same or better.
            delivered = core.position.load()
        }
        scheduleTick()
    }

    package var eventLoop: any EventLoop { loop }

    /// Connections of this loop.
    package var count: Int { subscribers.count }

    // MARK: The inbox

    func drainInbox() {
        loop.assertInEventLoop()
        let start = NIODeadline.now()
        for message in inbox.drain() { take(message) }
        core.metrics.turn.recordNanoseconds((NIODeadline.now() - start).nanoseconds)
    }

    private func take(_ message: ShardMessage) {
        switch message {
        case .preloaded(let position):
            delivered = position
            isPreloaded = true
        case .batch(let batch):
            deliver(batch)
        case .behind(let position):
            fallBehind(to: position)
        case .lost(let why, let position):
            lose(why, at: position)
        case .extent(let last):
            logAnswered(last: last)
        case .close(let target, let code, let since):
            close(target, code, since: since)
        case .broadcast(let record, let filter):
            broadcast(record, to: filter)
        case .session(let key, let state, let wallClock):
            session(key, is: state, wallClock: wallClock)
        case .sweep:
            sweepSessions(now: loop.now)
        case .drain(let window, let othersRunning, let done):
            drain(window: window, othersRunning: othersRunning, done: done)
        case .stop:
            stop()
        }
    }

    // MARK: The tick

    private func scheduleTick() {
        do {
            tick = try loop.scheduleCallback(in: .seconds(1), handler: Tick(shard: NIOLoopBound(self, eventLoop: loop)))
        } catch {
            // The loop is shutting down and its sockets with it.
            tick = nil
        }
    }

    fileprivate func ticked() {
        pulse.beat(now: loop.now)
        scheduleTick()
        weigh()
        runTimers()
    }

    private func stop() {
        tick?.cancel()
        tick = nil
        pulse.stop()
    }

    // MARK: Membership

    func register(_ subscriber: Subscriber, place: Admission.Place) {
        subscriber.slot = subscribers.count
        subscribers.append(subscriber)
        places[ObjectIdentifier(subscriber)] = place
        if let user = place.user { byUser[user, default: []].append(subscriber) }
        if let key = place.session { bySession[key, default: []].append(subscriber) }
    }

    /// Forgets it entirely; its transport may live on for the closing handshake.
    func deregister(_ subscriber: Subscriber) {
        leaveIndex(subscriber)
        core.metrics.subscriptions.decrement(by: Double(subscriber.subscriptions.count))
        let last = subscribers.removeLast()
        if last !== subscriber {
            subscribers[subscriber.slot] = last
            last.slot = subscriber.slot
        }
        subscriber.slot = -1
        ahead.removeAll { $0 === subscriber }
        if let place = places.removeValue(forKey: ObjectIdentifier(subscriber)) {
            if let user = place.user { HubShard.remove(subscriber, from: &byUser, user) }
            if let key = place.session { HubShard.remove(subscriber, from: &bySession, key) }
            core.admission.release(place)
            if drainEnd != nil { core.metrics.drainRemaining.record(core.admission.connections) }
        }
        if subscribers.isEmpty { succeedDrain() }
    }

    private static func remove<Key>(_ subscriber: Subscriber, from lists: inout [Key: [Subscriber]], _ key: Key) {
        guard var list = lists.removeValue(forKey: key) else { return }
        list.removeAll { $0 === subscriber }
        if !list.isEmpty { lists[key] = list }
    }

    func enterIndex(_ subscriber: Subscriber) {
        guard subscriber.isOpen else { return }
        for subscription in subscriber.subscriptions where subscription.slot < 0 {
            index.insert(subscription, of: subscriber)
        }
    }

    func leaveIndex(_ subscriber: Subscriber) {
        for subscription in subscriber.subscriptions { index.remove(subscription) }
    }

    // MARK: For the admin listener

    /// Furthest behind first; only `limit` of them are described, since a node may have very many.
    package func connections(_ query: ConnectionQuery, limit: Int) -> (count: Int, first: [ConnectionInfo]) {
        loop.assertInEventLoop()
        let now = loop.now
        let delivered = delivered
        let found = (query.user.map { byUser[$0] ?? [] } ?? subscribers).filter {
            (!query.isSlowOnly || $0.machine.isReading)
                && (query.session == nil || $0.identity?.session?.publicID == query.session)
        }
        let positions = found.map { $0.machine.position(delivered: delivered) }
        let order = found.indices.sorted { positions[$0] < positions[$1] }
        return (found.count, order.prefix(limit).map { info(of: found[$0], now: now) })
    }

    private func info(of subscriber: Subscriber, now: NIODeadline) -> ConnectionInfo {
        let position = subscriber.machine.position(delivered: delivered)
        return ConnectionInfo(
            conn: subscriber.conn,
            user: subscriber.identity?.subject,
            session: subscriber.identity?.session?.publicID,
            transport: subscriber.output.transport,
            ageSeconds: Int((now - subscriber.joinedAt).nanoseconds / 1_000_000_000),
            topics: subscriber.subscriptions.map(\.filter.description),
            position: position,
            isReading: subscriber.machine.isReading,
            lagMilliseconds: delivered > position ? delivered.milliseconds - position.milliseconds : 0,
            bytesInFlight: subscriber.output.unflushedBytes,
            idleSeconds: Int((now - subscriber.progressAt).nanoseconds / 1_000_000_000)
        )
    }
}

@available(*, unavailable)
extension HubShard: Sendable {}

/// Lets the loop call back without a closure.
private struct Tick: NIOScheduledCallbackHandler, Sendable {
    let shard: NIOLoopBound<HubShard>

    func handleScheduledCallback(eventLoop: some EventLoop) { shard.value.ticked() }
}
