// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Logging
internal import Metrics
internal import NIOCore
internal import StrictJSON
internal import Wire

enum PacedAction {
    /// `since`: when the end was heard of, where that is measured.
    case close(CloseCode, since: NIODeadline?)
    case release
}

/// Ends of connections. A mass close stalls a loop (apple/swift-nio#894), so it goes in turns: 200 per 10 ms.
extension HubShard {
    private static var turnLimit: Int { 200 }

    /// Says why, then ends the transport.
    func close(_ subscriber: Subscriber, _ code: CloseCode) {
        close(subscriber, code, retry: retry(after: code))
    }

    private func close(_ subscriber: Subscriber, _ code: CloseCode, retry: Int?) {
        guard forget(subscriber) else { return }
        core.metrics.left(subscriber.output.transport, code: code)
        core.logger.debug(
            "live closed",
            metadata: metadata(of: subscriber).merging(["code": "\(code.rawValue)", "reason": "\(code.name)"]) { $1 }
        )
        if code == .tooSlow { noteSlow(subscriber, "live connection took nothing for too long") }
        subscriber.output.close(code, retry: retry)
    }

    func noteSlow(_ subscriber: Subscriber, _ message: Logger.Message) {
        var facts = metadata(of: subscriber)
        facts["position"] = "\(subscriber.machine.position(delivered: delivered))"
        facts["delivered"] = "\(delivered)"
        facts["owed_bytes"] = "\(subscriber.output.unflushedBytes)"
        slowLog.note(message, facts, to: core.logger, now: loop.now)
    }

    /// The transport is gone, or nobody is at its other end.
    func left(_ subscriber: Subscriber, reason: String) {
        guard forget(subscriber) else { return }
        core.metrics.left(subscriber.output.transport, code: nil)
        core.logger.debug(
            "live left",
            metadata: metadata(of: subscriber).merging(["reason": "\(reason)"]) { $1 }
        )
    }

    /// A dead socket: no handshake, since nobody would answer.
    func lose(_ subscriber: Subscriber, reason: String) {
        left(subscriber, reason: reason)
        if case .webSocket(let handler) = subscriber.output { handler.drop() }
    }

    private func forget(_ subscriber: Subscriber) -> Bool {
        guard subscriber.isOpen else { return false }
        subscriber.isOpen = false
        if subscriber.machine.isReading || subscriber.machine.parkCause != nil { core.metrics.reading.decrement() }
        leaveIndex(subscriber)
        subscriber.machine.close()
        deregister(subscriber)
        return true
    }

    // MARK: Several

    func close(_ target: CloseTarget, _ code: CloseCode, since: NIODeadline) {
        let concerned =
            switch target {
            case .user(let subject): byUser[subject] ?? []
            case .session(let key): bySession[key] ?? []
            case .publicSession(let id): subscribers.filter { $0.identity?.session?.publicID == id }
            case .token(let id):
                subscribers.filter { $0.identity.map { $0.session == nil && $0.claims["jti"]?.string == id } ?? false }
            }
        pace(concerned, over: .zero, action: .close(code, since: since))
    }

    /// Each at its own instant of the window.
    func pace(_ concerned: [Subscriber], over window: TimeAmount, action: PacedAction) {
        guard !concerned.isEmpty else { return }
        runs.append((PacedRun(concerned, start: loop.now, window: window), action))
        guard !isPacing else { return }
        isPacing = true
        runPaced()
    }

    fileprivate func runPaced() {
        var limit = HubShard.turnLimit
        let now = loop.now
        var remaining: [(run: PacedRun<Subscriber>, action: PacedAction)] = []
        var current: [(run: PacedRun<Subscriber>, action: PacedAction)] = []
        swap(&current, &runs)
        for (run, action) in current {
            var run = run
            let due = run.next(now: now, limit: limit)
            limit -= due.count
            for subscriber in due { carryOut(action, on: subscriber) }
            if !run.isFinished { remaining.append((run, action)) }
        }
        runs = remaining + runs
        guard !runs.isEmpty else {
            isPacing = false
            return
        }
        do {
            _ = try loop.scheduleCallback(
                in: .milliseconds(10),
                handler: Pace(shard: NIOLoopBound(self, eventLoop: loop))
            )
        } catch {
            // The loop is shutting down, and closes its sockets itself.
            isPacing = false
        }
    }

    private func carryOut(_ action: PacedAction, on subscriber: Subscriber) {
        switch action {
        case .close(let code, let since):
            close(subscriber, code)
            if let since { core.metrics.sessionClose.recordNanoseconds((NIODeadline.now() - since).nanoseconds) }
        case .release: release(subscriber)
        }
    }

    // MARK: Drain

    /// Long-polls are answered at once; everybody else leaves at a random instant of the window.
    func drain(window: TimeAmount, othersRunning: Bool, done: EventLoopPromise<Void>) {
        drained.append(done)
        hasPeers = othersRunning
        drainEnd = loop.now + window
        guard !subscribers.isEmpty else { return succeedDrain() }
        var streams: [Subscriber] = []
        for subscriber in subscribers {
            if case .longPoll = subscriber.output { close(subscriber, .draining) } else { streams.append(subscriber) }
        }
        pace(streams, over: window, action: .close(.draining, since: nil))
    }

    func succeedDrain() {
        guard drainEnd != nil, subscribers.isEmpty else { return }
        for promise in drained { promise.succeed() }
        drained.removeAll()
    }

    /// Milliseconds with the server's jitter; nil where the client must not come back by itself.
    func retry(after code: CloseCode) -> Int? {
        switch code {
        case .draining:
            let rest = drainEnd.map { max(0, ($0 - loop.now).nanoseconds / 1_000_000) } ?? 0
            return hasPeers ? .random(in: 200...2000) : Int(rest) + .random(in: 0...5000)
        case .sessionRenewed, .maxAge: return .random(in: 200...2000)
        case .tooManyConnections: return .random(in: 5000...15000)
        case .overloaded, .rateLimited, .tooSlow, .internal: return .random(in: 1000...5000)
        case .badRequest, .loginRequired, .forbidden, .sessionEnded, .tooBig: return nil
        }
    }
}

private struct Pace: NIOScheduledCallbackHandler, Sendable {
    let shard: NIOLoopBound<HubShard>

    func handleScheduledCallback(eventLoop: some EventLoop) { shard.value.runPaced() }
}
