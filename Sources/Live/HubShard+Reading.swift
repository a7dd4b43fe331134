// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import DequeModule
internal import Logging
internal import Metrics
internal import NIOCore
internal import Wire

/// Turns for connections that read from the ring: joining, resuming, slow, or with a late `sub`. Round robin, at most
/// 64 KB a turn, 1 MB or 2 ms a round; then the loop serves live batches and sockets before the next round.
extension HubShard {
    private static var turnBytes: Int { 64 * 1024 }
    private static var roundBytes: Int { 1024 * 1024 }

    /// Its socket takes bytes (again), or there is something new to read.
    func enqueue(_ subscriber: Subscriber) {
        guard subscriber.isOpen, !subscriber.isQueuedToRead else { return }
        subscriber.isQueuedToRead = true
        readers.append(subscriber)
        scheduleRound()
    }

    /// The transports call it when their socket has become writable.
    func becameWritable(_ subscriber: Subscriber) {
        subscriber.progressAt = loop.now
        if subscriber.machine.isReading { enqueue(subscriber) }
    }

    private func scheduleRound() {
        guard !isTurnScheduled else { return }
        isTurnScheduled = true
        loop.assumeIsolated().execute { self.runRound() }
    }

    private func runRound() {
        isTurnScheduled = false
        let snapshot = core.ring.snapshot
        let end = loop.now + .milliseconds(2)
        var budget = HubShard.roundBytes
        while budget > 0, let subscriber = readers.popFirst() {
            subscriber.isQueuedToRead = false
            budget -= turn(subscriber, snapshot: snapshot)
            if loop.now > end { break }
        }
        if !readers.isEmpty { scheduleRound() }
    }

    /// - Returns: the bytes it took, and a little for the turn itself.
    private func turn(_ subscriber: Subscriber, snapshot: RingSnapshot) -> Int {
        guard subscriber.isOpen, subscriber.output.isWritable else { return 64 }
        switch subscriber.machine.turn(oldest: snapshot.oldest, delivered: delivered) {
        case .none:
            return 64
        case .wait:
            if !ahead.contains(where: { $0 === subscriber }) { ahead.append(subscriber) }
            return 64
        case .live:
            becomeLive(subscriber)
            return 64
        case .gapThenLive(let gap):
            noteSlow(subscriber, "live connection was overtaken")
            send(gap, to: subscriber)
            becomeLive(subscriber)
            return 256
        case .gapSide(let side):
            if let filter = filter(of: side, subscriber) {
                send(.init(topic: filter.description, from: side.at, id: nil, why: .lag), to: subscriber)
            }
            enqueue(subscriber)
            return 256
        case .read(let after, let through):
            return read(subscriber, snapshot, after: after, through: through, query: subscriber.query)
        case .readSide(let side):
            guard let query = query(of: side, subscriber) else {
                subscriber.machine.unsubscribe(side.subscription)
                enqueue(subscriber)
                return 64
            }
            return read(subscriber, snapshot, after: side.at, through: side.through, query: query)
        }
    }

    private func read(
        _ subscriber: Subscriber,
        _ snapshot: RingSnapshot,
        after: Cursor,
        through: Cursor,
        query: RingQuery
    ) -> Int {
        var output = FrameOutput(style: subscriber.style)
        let last = snapshot.read(
            after: after,
            through: through,
            query: query,
            budget: HubShard.turnBytes,
            into: &output
        )
        subscriber.machine.advance(to: last)
        if output.count > 0 {
            subscriber.lastIDAt = loop.now
            subscriber.write(output.buffer, last: last)
            core.metrics.bytesOut.increment(by: output.count)
            core.metrics.deliveries[subscriber.output.transport]?.replay.increment()
        }
        subscriber.flush()
        enqueue(subscriber)
        return output.count + 64
    }

    private func number(_ side: SubscriberMachine.Side, _ subscriber: Subscriber) -> Int? {
        subscriber.subscriptionNumbers.firstIndex(of: side.subscription)
    }

    private func filter(of side: SubscriberMachine.Side, _ subscriber: Subscriber) -> TopicFilter? {
        number(side, subscriber).map { subscriber.subscriptions[$0].filter }
    }

    /// The events of the late subscription, without what the others had already or are still to get.
    private func query(of side: SubscriberMachine.Side, _ subscriber: Subscriber) -> RingQuery? {
        guard let place = number(side, subscriber) else { return nil }
        let others = subscriber.subscriptions.prefix(place)
        return RingQuery(
            keys: [subscriber.subscriptions[place].key],
            except: others.map { (key: $0.key, from: $0.from) }
        )
    }

    func becomeLive(_ subscriber: Subscriber) {
        core.metrics.reading.decrement()
        if let start = subscriber.replayingSince {
            subscriber.replayingSince = nil
            core.metrics.replay.recordNanoseconds((loop.now - start).nanoseconds)
        }
        enterIndex(subscriber)
    }

    func send(_ gap: SubscriberMachine.Gap, to subscriber: Subscriber) {
        var frame = ByteBuffer()
        ServerFrame.gap(topic: gap.topic, from: gap.from, id: gap.id, why: gap.why, into: &frame)
        core.metrics.gap(gap.why)
        if gap.id != nil { subscriber.lastIDAt = loop.now }
        subscriber.send(frame, id: gap.id)
    }

    // MARK: Cursors from the future

    /// After `delivered` moved: those it has reached go on.
    func wakeAhead() {
        guard !ahead.isEmpty else { return }
        let waiting = ahead
        ahead = waiting.filter { $0.machine.isAhead(of: delivered) }
        for subscriber in waiting where !subscriber.machine.isAhead(of: delivered) { enqueue(subscriber) }
    }

    /// `last` nil: the log is out of reach; they wait on and ask again.
    func logAnswered(last: Cursor?) {
        guard let last else { return }
        for subscriber in ahead {
            guard let gap = subscriber.machine.logAnswered(last: last, delivered: delivered) else { continue }
            send(gap, to: subscriber)
            becomeLive(subscriber)
        }
        ahead.removeAll { !$0.machine.isAhead(of: delivered) }
    }

    // MARK: Losses

    /// Something was missed that concerns everybody. All of them leave the index now; each is told at its own random
    /// instant, so that pages fetch again spread out (live.md §4, `lost`).
    func lose(_ why: GapReason, at position: Cursor) {
        for subscriber in subscribers {
            if subscriber.machine.isLive { core.metrics.reading.increment() }
            subscriber.isReleaseDue = false
            if subscriber.machine.park(.lost(why), delivered: delivered) { leaveIndex(subscriber) }
        }
        ahead.removeAll()
        delivered = position
        let spread = TimeAmount(core.settings.times.gapSpread)
        pace(subscribers, over: spread, action: .release)
    }

    /// Its instant has come: a session is asked about first, and the answer releases it.
    func release(_ subscriber: Subscriber) {
        guard subscriber.isOpen, subscriber.machine.parkCause != nil else { return }
        if let session = subscriber.identity?.session {
            subscriber.isReleaseDue = true
            core.questions.ask(about: session.key)
        } else {
            unpark(subscriber)
        }
    }

    func unpark(_ subscriber: Subscriber) {
        subscriber.isReleaseDue = false
        switch subscriber.machine.release(delivered: delivered) {
        case .none:
            break
        case .read:
            enqueue(subscriber)
        case .gapThenLive(let gap):
            send(gap, to: subscriber)
            becomeLive(subscriber)
        }
    }
}
