// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Logging
internal import Metrics
internal import NIOCore
internal import StrictJSON
internal import Wire

/// What clients say over a WebSocket.
extension HubShard {
    /// One text message, already within the size limit.
    func command(_ bytes: [UInt8], from subscriber: Subscriber) {
        guard countOperation(of: subscriber) else { return }
        do throws(ClientCommandError) {
            switch try ClientCommand.decode(bytes) {
            case .subscribe(let ref, let topic, let since):
                touch(subscriber)
                subscribe(subscriber, ref: ref, topic: topic, since: since)
            case .unsubscribe(let ref, let topic):
                touch(subscriber)
                unsubscribe(subscriber, ref: ref, topic: topic)
            case .pong:
                break
            }
        } catch {
            core.logger.debug(
                "live client frame refused",
                metadata: metadata(of: subscriber).merging(["reason": "\(error)"]) { $1 }
            )
            close(subscriber, .badRequest)
        }
    }

    /// Text messages and pings count alike; beyond the limit the connection is closed with 4102.
    func countOperation(of subscriber: Subscriber) -> Bool {
        guard subscriber.isOpen else { return false }
        if subscriber.operations.take(now: loop.now) { return true }
        close(subscriber, .rateLimited)
        return false
    }

    /// `sub` and `unsub` are activity of the session; told at most once a minute.
    private func touch(_ subscriber: Subscriber) {
        guard let session = subscriber.identity?.session else { return }
        let now = loop.now
        if let touched = subscriber.touchedAt, now - touched < .seconds(60) { return }
        subscriber.touchedAt = now
        core.sessionActivity(session.key)
    }

    private func subscribe(_ subscriber: Subscriber, ref: JSONValue, topic: String, since: String?) {
        guard let filter = try? TopicFilter(topic) else {
            // The word is all that the protocol has for it.
            return sendError(to: subscriber, ref: ref, topic: topic, name: CloseCode.badRequest.name)
        }
        guard core.settings.policy.allows(filter, identity: subscriber.identity) else {
            return sendError(to: subscriber, ref: ref, topic: topic, name: CloseCode.forbidden.name)
        }
        // Known already: nothing changes, unless an older `since` asks for what came before. Then the topic is held twice,
        // the second time for the side range; an event is still delivered once.
        let since = SubscriberMachine.Since(since)
        if let known = subscriber.subscriptions.first(where: { $0.filter == filter }) {
            guard case .at(let cursor) = since, cursor < known.from else {
                return sendOK(to: subscriber, ref: ref, topic: topic, id: nil)
            }
        }
        let limit = core.settings.limits.topics
        if limit > 0, subscriber.subscriptions.count >= limit {
            return sendError(to: subscriber, ref: ref, topic: topic, name: "too_many_topics")
        }
        let here = subscriber.machine.position(delivered: delivered)
        let (subscription, number) = subscriber.addSubscription(filter, from: here)
        core.metrics.subscriptions.increment()
        carryOut(subscriber, subscription, number, ref: ref, topic: topic, since: since)
    }

    private func carryOut(
        _ subscriber: Subscriber,
        _ subscription: Subscription,
        _ number: Int,
        ref: JSONValue,
        topic: String,
        since: SubscriberMachine.Since
    ) {
        let wasLive = subscriber.machine.isLive
        let oldest = core.ring.snapshot.oldest
        switch subscriber.machine.subscribe(number, since: since, oldest: oldest, delivered: delivered) {
        case .ok:
            sendOK(to: subscriber, ref: ref, topic: topic, id: nil)
            if wasLive { index.insert(subscription, of: subscriber) }
        case .okThenGap(let from, let why):
            sendOK(to: subscriber, ref: ref, topic: topic, id: nil)
            send(.init(topic: topic, from: from, id: nil, why: why), to: subscriber)
            if wasLive { index.insert(subscription, of: subscriber) }
        case .okRewinding(let id):
            subscription.from = id
            sendOK(to: subscriber, ref: ref, topic: topic, id: id)
            guard wasLive else { return }
            leaveIndex(subscriber)
            core.metrics.reading.increment()
            enqueue(subscriber)
        }
    }

    private func unsubscribe(_ subscriber: Subscriber, ref: JSONValue, topic: String) {
        guard let filter = try? TopicFilter(topic) else {
            // As in `subscribe`.
            return sendError(to: subscriber, ref: ref, topic: topic, name: CloseCode.badRequest.name)
        }
        remove(filter, from: subscriber)
        sendOK(to: subscriber, ref: ref, topic: topic, id: nil)
    }

    func remove(_ filter: TopicFilter, from subscriber: Subscriber) {
        for place in subscriber.subscriptions.indices.reversed() where subscriber.subscriptions[place].filter == filter
        {
            index.remove(subscriber.subscriptions[place])
            subscriber.machine.unsubscribe(subscriber.subscriptionNumbers[place])
            subscriber.subscriptions.remove(at: place)
            subscriber.subscriptionNumbers.remove(at: place)
            core.metrics.subscriptions.decrement()
        }
    }

    private func sendOK(to subscriber: Subscriber, ref: JSONValue, topic: String, id: Cursor?) {
        var frame = ByteBuffer()
        ServerFrame.ok(ref: ref, topic: topic, id: id, into: &frame)
        subscriber.send(frame, id: id)
    }

    func sendError(to subscriber: Subscriber, ref: JSONValue?, topic: String, name: String) {
        var frame = ByteBuffer()
        ServerFrame.err(ref: ref, topic: topic, name: name, into: &frame)
        subscriber.send(frame, id: nil)
    }
}
