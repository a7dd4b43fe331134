// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import Logging
internal import Metrics
internal import NIOCore
internal import Synchronization
internal import Wire

/// The door. Refusing is a value, since every transport refuses in its own way.
extension HubShard {
    enum Admittance {
        case admitted(Subscriber)
        case refused(CloseCode, retry: Int?)
    }

    /// The very first question, before a session is read or a connection upgraded: nil to go on, or the milliseconds after
    /// which to come back where joins come at more than twice their rate (live.md §8).
    package func knock() -> Int? {
        guard let retry = core.admission.knock(now: loop.now) else { return nil }
        core.metrics.closed(.overloaded)
        return retry
    }

    /// Decides, and registers who is let in. The transport keeps the subscriber and then calls `start`.
    func admit(_ request: JoinRequest, output: LiveOutput) -> Admittance {
        loop.assertInEventLoop()
        let verdict = judge(request)
        let now = loop.now
        switch verdict {
        case .failure(let refusal):
            return refuse(request, refusal.code, output)
        case .success(let filters):
            let place = Admission.Place(
                session: request.identity?.session?.key,
                user: request.identity?.subject,
                network: Admission.network(of: request.remoteAddress)
            )
            if let refusal = core.admission.enter(place, now: now) {
                return refuse(request, refusal.code, retry: refusal.retry, output)
            }
            let subscriber = Subscriber(
                conn: core.nextConnectionName(),
                output: output,
                identity: request.identity,
                remoteAddress: request.remoteAddress,
                operations: TokenBucket(
                    perSecond: core.settings.limits.operations,
                    burst: core.settings.limits.operationsBurst,
                    now: now
                ),
                now: now
            )
            for filter in filters { _ = subscriber.addSubscription(filter, from: .zero) }
            core.metrics.subscriptions.increment(by: Double(filters.count))
            setTimes(of: subscriber, now: now)
            register(subscriber, place: place)
            return .admitted(subscriber)
        }
    }

    /// First frame, first position, first timer.
    func start(_ subscriber: Subscriber, since text: String?) {
        let since = SubscriberMachine.Since(text)
        core.metrics.joined(subscriber.output.transport, resumed: since != .absent)
        core.logger.debug("live joined", metadata: metadata(of: subscriber))
        let snapshot = core.ring.snapshot
        switch subscriber.machine.join(since: since, oldest: snapshot.oldest, delivered: delivered) {
        case .live(let id):
            sendHello(to: subscriber, id: id)
            enterIndex(subscriber)
        case .gapThenLive(let id, let gap):
            sendHello(to: subscriber, id: id)
            send(gap, to: subscriber)
            enterIndex(subscriber)
        case .read(let id):
            sendHello(to: subscriber, id: id)
            subscriber.replayingSince = loop.now
            core.metrics.reading.increment()
            enqueue(subscriber)
        }
        if subscriber.isOpen { arm(subscriber, due: nextDue(of: subscriber, now: loop.now)) }
    }

    private struct Refusal: Error {
        let code: CloseCode
    }

    private func judge(_ request: JoinRequest) -> Result<[TopicFilter], Refusal> {
        if let code = request.refusal { return .failure(Refusal(code: code)) }
        if core.isDraining.load(ordering: .relaxed) { return .failure(Refusal(code: .draining)) }
        guard isPreloaded else { return .failure(Refusal(code: .overloaded)) }
        guard request.identity != nil || request.isAnonymous else { return .failure(Refusal(code: .loginRequired)) }
        if let end = request.identity?.endsAt, end <= core.wallClock() {
            return .failure(Refusal(code: .loginRequired))
        }
        return filters(of: request)
    }

    /// One bad or forbidden topic in the URL refuses the connection (live.md §1).
    private func filters(of request: JoinRequest) -> Result<[TopicFilter], Refusal> {
        var filters: [TopicFilter] = []
        if let identity = request.identity { filters.append(TopicFilter(Topic.user(identity.subject))) }
        for text in request.topics {
            guard let filter = try? TopicFilter(text) else {
                // Which rule it broke is of no use to the client; the code says bad_request.
                return .failure(Refusal(code: .badRequest))
            }
            guard core.settings.policy.allows(filter, identity: request.identity) else {
                return .failure(Refusal(code: .forbidden))
            }
            if !filters.contains(filter) { filters.append(filter) }
        }
        let limit = core.settings.limits.topics
        if limit > 0, filters.count > limit { return .failure(Refusal(code: .badRequest)) }
        return .success(filters)
    }

    private func refuse(
        _ request: JoinRequest,
        _ code: CloseCode,
        retry: Int? = nil,
        _ output: LiveOutput
    ) -> Admittance {
        core.metrics.closed(code)
        core.logger.debug(
            "live join refused",
            metadata: [
                "code": "\(code.rawValue)", "reason": "\(code.name)", "transport": "\(output.transport.rawValue)",
                "user": "\(request.identity?.subject ?? "-")", "client.address": "\(request.remoteAddress)",
            ]
        )
        return .refused(code, retry: retry ?? self.retry(after: code))
    }

    private func sendHello(to subscriber: Subscriber, id: Cursor?) {
        for subscription in subscriber.subscriptions { subscription.from = id ?? delivered }
        var frame = ByteBuffer()
        ServerFrame.hello(
            conn: subscriber.conn,
            id: id,
            ping: Int(heartbeat(of: subscriber).nanoseconds / 1_000_000_000),
            exp: subscriber.identity?.endsAt.map { Int64($0.timeIntervalSince1970) },
            topics: subscriber.subscriptions.map(\.filter.description),
            into: &frame
        )
        subscriber.send(frame, id: id)
    }

    private func setTimes(of subscriber: Subscriber, now: NIODeadline) {
        if core.settings.times.maxAge > .zero {
            let age = TimeAmount(core.settings.times.maxAge)
            subscriber.maxAgeAt = now + .nanoseconds(Int64(Double(age.nanoseconds) * Double.random(in: 0.8...1.2)))
        }
        if let end = subscriber.identity?.endsAt {
            subscriber.endsAt = deadline(of: end, wallClock: core.wallClock(), now: now)
        }
    }

    /// A wall-clock instant on the loop's clock; a year ahead at most, so that no token can overflow it.
    func deadline(of end: Date, wallClock: Date, now: NIODeadline) -> NIODeadline {
        let seconds = min(max(end.timeIntervalSince(wallClock), 0), 366 * 24 * 3600)
        return now + .milliseconds(Int64(seconds * 1000))
    }

    func metadata(of subscriber: Subscriber) -> Logger.Metadata {
        [
            "conn": "\(subscriber.conn)", "user": "\(subscriber.identity?.subject ?? "-")",
            "session.id": "\(subscriber.identity?.session?.publicID ?? "-")",
            "transport": "\(subscriber.output.transport.rawValue)", "client.address": "\(subscriber.remoteAddress)",
        ]
    }
}
