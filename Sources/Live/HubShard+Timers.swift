// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import Metrics
internal import NIOCore
internal import Wire

/// What waits on the wheel.
enum WheelTimer {
    /// `number` is compared with `Subscriber.timer`: an older one was superseded.
    case subscriber(Subscriber, number: Int)
    /// The peer owes its half of the closing handshake.
    case closing(WebSocketHandler)
}

/// Heartbeats, ends of sessions, stuck and dead sockets: one look per connection whenever its next instant has come.
extension HubShard {
    func runTimers() {
        let now = loop.now
        for timer in wheel.advance(to: now) {
            switch timer {
            case .closing(let handler):
                handler.closeTimedOut()
            case .subscriber(let subscriber, let number):
                guard subscriber.isOpen, subscriber.timer == number else { continue }
                look(at: subscriber, now: now)
                if subscriber.isOpen { arm(subscriber, due: nextDue(of: subscriber, now: now)) }
            }
        }
        if now - sweptAt >= TimeAmount(core.settings.times.sweep) { sweepSessions(now: now) }
        if !doubtful.isEmpty, now - doubtedAt >= HubShard.doubtInterval { askAgain(now: now) }
    }

    /// Supersedes whatever was armed before.
    func arm(_ subscriber: Subscriber, due: NIODeadline) {
        subscriber.timer += 1
        wheel.insert(.subscriber(subscriber, number: subscriber.timer), due: due)
    }

    func armClosing(_ handler: WebSocketHandler) {
        wheel.insert(.closing(handler), due: loop.now + TimeAmount(core.settings.times.close))
    }

    func heartbeat(of subscriber: Subscriber) -> TimeAmount {
        switch subscriber.output {
        case .webSocket: TimeAmount(core.settings.times.ping)
        case .eventStream: TimeAmount(core.settings.times.streamPing)
        case .longPoll: TimeAmount(core.settings.times.poll)
        }
    }

    func nextDue(of subscriber: Subscriber, now: NIODeadline) -> NIODeadline {
        var due = max(subscriber.lastIDAt + heartbeat(of: subscriber), now + .seconds(1))
        if case .longPoll = subscriber.output { due = subscriber.joinedAt + heartbeat(of: subscriber) }
        if let pinged = subscriber.pingedAt { due = min(due, pinged + TimeAmount(core.settings.times.pong)) }
        if let age = subscriber.maxAgeAt { due = min(due, age) }
        if let end = subscriber.endsAt {
            let isBearer = subscriber.identity?.session == nil
            due = min(due, subscriber.isEndAnnounced ? (isBearer ? end + .seconds(30) : end) : end - .seconds(60))
        }
        if subscriber.machine.isAhead(of: delivered) {
            due = min(due, now + TimeAmount(core.settings.times.resumeWait))
        }
        if !subscriber.output.isWritable { due = min(due, now + .seconds(5)) }
        return max(due, now + .seconds(1))
    }

    private func look(at subscriber: Subscriber, now: NIODeadline) {
        if let age = subscriber.maxAgeAt, now >= age { return close(subscriber, .maxAge) }
        lookAtEnd(of: subscriber, now: now)
        guard subscriber.isOpen else { return }
        if subscriber.machine.isAhead(of: delivered) { core.questions.askForExtent() }
        guard subscriber.output.isWritable else { return lookAtProgress(of: subscriber, now: now) }
        switch subscriber.output {
        case .webSocket(let handler): lookAtHeartbeat(of: subscriber, handler, now: now)
        case .eventStream(let stream):
            guard now - subscriber.lastIDAt >= heartbeat(of: subscriber), let id = heartbeatID(of: subscriber) else {
                return
            }
            subscriber.lastIDAt = now
            stream.heartbeat(id: id)
        case .longPoll(let poll):
            if now - subscriber.joinedAt >= heartbeat(of: subscriber) { poll.timedOut() }
        }
    }

    /// The cursor that a client may have now: none while something with a smaller id is still to come.
    private func heartbeatID(of subscriber: Subscriber) -> Cursor? {
        subscriber.machine.isLive ? delivered : nil
    }

    private func lookAtHeartbeat(of subscriber: Subscriber, _ handler: WebSocketHandler, now: NIODeadline) {
        let patience = TimeAmount(core.settings.times.pong)
        if let pinged = subscriber.pingedAt {
            if handler.lastReadAt >= pinged {
                subscriber.pingedAt = nil
            } else if patience > .zero, now - pinged >= patience {
                return lose(subscriber, reason: "no answer to a ping")
            }
        }
        guard subscriber.pingedAt == nil, now - subscriber.lastIDAt >= heartbeat(of: subscriber) else { return }
        subscriber.lastIDAt = now
        if patience > .zero { subscriber.pingedAt = now }
        handler.ping()
        guard let id = heartbeatID(of: subscriber) else { return }
        var frame = ByteBuffer()
        ServerFrame.ping(id: id, into: &frame)
        subscriber.send(frame, id: id)
    }

    /// It owes bytes: has any of them left since the last look?
    private func lookAtProgress(of subscriber: Subscriber, now: NIODeadline) {
        let owed = subscriber.output.unflushedBytes
        if owed != subscriber.owed {
            subscriber.owed = owed
            subscriber.progressAt = now
            return
        }
        let patience = TimeAmount(core.settings.times.noProgress)
        if patience > .zero, now - subscriber.progressAt >= patience { close(subscriber, .tooSlow) }
    }

    // MARK: Sessions

    private func lookAtEnd(of subscriber: Subscriber, now: NIODeadline) {
        guard let end = subscriber.endsAt else { return }
        if !subscriber.isEndAnnounced, now >= end - .seconds(60) {
            subscriber.isEndAnnounced = true
            var frame = ByteBuffer()
            ServerFrame.exp(in: max(0, Int((end - now).nanoseconds / 1_000_000_000)), into: &frame)
            subscriber.send(frame, id: nil)
        }
        if let session = subscriber.identity?.session {
            // It may have slid: the answer moves the end or closes the connection.
            if now >= end { core.questions.ask(about: session.key) }
        } else if now >= end + .seconds(30) {
            close(subscriber, .loginRequired)
        }
    }

    func sweepSessions(now: NIODeadline) {
        sweptAt = now
        for key in bySession.keys { core.questions.ask(about: key) }
    }

    /// Who is held back until its session is known does not wait for the next sweep.
    private static var doubtInterval: TimeAmount { .seconds(2) }

    private func askAgain(now: NIODeadline) {
        doubtedAt = now
        for key in doubtful where bySession[key] != nil { core.questions.ask(about: key) }
        doubtful.removeAll()
    }

    /// An answer of the session store, for every connection of that session on this loop.
    func session(_ key: LiveSessionKey, is state: LiveSessionState, wallClock: Date) {
        guard let owned = bySession[key] else { return }
        let now = loop.now
        switch state {
        case .ended(let code):
            pace(owned, over: .zero, action: .close(code, since: nil))
        case .alive(let until, let claims):
            for subscriber in owned {
                subscriber.sessionSilentSince = nil
                guard until > wallClock else {
                    close(subscriber, .loginRequired)
                    continue
                }
                renew(subscriber, until: deadline(of: until, wallClock: wallClock, now: now))
                subscriber.identity?.endsAt = until
                if subscriber.identity?.claims != claims {
                    subscriber.identity?.claims = claims
                    takeAwayForbidden(from: subscriber)
                }
                if subscriber.machine.parkCause == .session || isDueForRelease(subscriber) { unpark(subscriber) }
            }
        case .unknown:
            for subscriber in owned {
                let since = subscriber.sessionSilentSince ?? now
                subscriber.sessionSilentSince = since
                if now - since >= .seconds(60) { park(subscriber) }
                if subscriber.machine.parkCause == .session || isDueForRelease(subscriber) {
                    if doubtful.isEmpty { doubtedAt = now }
                    doubtful.insert(key)
                }
            }
        }
    }

    private func isDueForRelease(_ subscriber: Subscriber) -> Bool {
        guard case .lost = subscriber.machine.parkCause else { return false }
        return subscriber.isReleaseDue
    }

    private func renew(_ subscriber: Subscriber, until end: NIODeadline) {
        let known = subscriber.endsAt
        subscriber.endsAt = end
        guard let known, end >= known else { return arm(subscriber, due: nextDue(of: subscriber, now: loop.now)) }
        // A later end is found at the next look; nothing has to be armed for it.
        if end > known + .seconds(1) { subscriber.isEndAnnounced = false }
    }

    /// The claims were read again; topics they no longer allow are taken away, the socket stays.
    private func takeAwayForbidden(from subscriber: Subscriber) {
        let forbidden = Set(subscriber.subscriptions.map(\.filter)).filter {
            !core.settings.policy.allows($0, identity: subscriber.identity)
        }
        for filter in forbidden {
            remove(filter, from: subscriber)
            sendError(to: subscriber, ref: nil, topic: filter.description, name: CloseCode.forbidden.name)
        }
    }

    private func park(_ subscriber: Subscriber) {
        guard subscriber.machine.parkCause == nil else { return }
        if !subscriber.machine.isReading { core.metrics.reading.increment() }
        if subscriber.machine.park(.session, delivered: delivered) { leaveIndex(subscriber) }
        ahead.removeAll { $0 === subscriber }
    }
}
