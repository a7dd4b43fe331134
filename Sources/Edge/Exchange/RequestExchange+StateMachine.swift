// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// The life of one request, whatever protocol it came over. Pure: no channel, no upstream, no clock.
///
///     idle ─begin─► deciding ─┬─ forward ──► forwarding ─head─► relaying ─end─► ended
///                             ├─ collect ──► collecting ─body whole─► answering ─► ended
///                             ├─ stream ───► streaming (SSE) ─────────────────► ended
///                             └─ refuse / answer ─────────────────────────────► ended
///
/// Body bytes reach it only in `forwarding`, `relaying` and `collecting`: every decision comes before the first of them.
struct ExchangeStateMachine: ~Copyable {
    /// How far the client's body is.
    enum RequestBody: Equatable { case open, complete }

    enum BodyAction: Equatable { case forward, collect, ignore, refuseTooLarge, abortTooLarge }
    enum BodyEndAction: Equatable { case finishUpstream, runEndpoint, none }
    enum HeadAction: Equatable { case relay, ignore }
    enum EndAction: Equatable { case end(reuseConnection: Bool), ignore }
    enum FailureAction: Equatable {
        case answer(cancelUpstream: Bool, reuseConnection: Bool), abort(cancelUpstream: Bool), ignore
    }
    enum GoneAction: Equatable { case cancelUpstream, stopStream, forget, ignore }

    private enum State {
        case idle
        case deciding(RequestBody)
        case forwarding(RequestBody)
        case relaying(RequestBody)
        case collecting
        case answering(RequestBody)
        case streaming(RequestBody)
        case ended
    }

    private var state: State = .idle
    private var bodyBytes = 0
    private var bodyLimit = 0

    init() {}

    /// Bytes of the client's body that were let in.
    var received: Int { self.bodyBytes }

    /// Whether body bytes may be decoded and handed over now.
    var wantsBody: Bool {
        switch self.state {
        case .forwarding(.open), .relaying(.open), .collecting: true
        default: false
        }
    }

    /// A head was sent or an exchange is over: only an abort is left for errors.
    var isEnded: Bool { if case .ended = self.state { true } else { false } }
    var isIdle: Bool { if case .idle = self.state { true } else { false } }

    /// Nothing of an answer was sent.
    var awaitsAnswer: Bool {
        switch self.state {
        case .deciding, .forwarding, .collecting, .answering: true
        case .idle, .relaying, .streaming, .ended: false
        }
    }

    mutating func begin(hasBody: Bool) {
        self.state = .deciding(hasBody ? .open : .complete)
        self.bodyBytes = 0
        self.bodyLimit = 0
    }

    /// `limit` in bytes, 0: none. Returns whether the upstream's body can be finished at once.
    mutating func forward(limit: Int) -> Bool {
        guard case .deciding(let body) = self.state else { return false }
        self.bodyLimit = limit
        self.state = .forwarding(body)
        return body == .complete
    }

    /// Returns whether the endpoint can run at once.
    mutating func collect(limit: Int) -> Bool {
        guard case .deciding(let body) = self.state else { return false }
        self.bodyLimit = limit
        self.state = body == .complete ? .answering(.complete) : .collecting
        return body == .complete
    }

    mutating func stream() {
        guard case .deciding(let body) = self.state else { return }
        self.state = .streaming(body)
    }

    mutating func bodyReceived(_ count: Int) -> BodyAction {
        switch self.state {
        case .forwarding(.open):
            self.bodyBytes += count
            return self.isTooLarge ? .refuseTooLarge : .forward
        case .relaying(.open):
            self.bodyBytes += count
            return self.isTooLarge ? .abortTooLarge : .forward
        case .collecting:
            self.bodyBytes += count
            return self.isTooLarge ? .refuseTooLarge : .collect
        default:
            return .ignore
        }
    }

    mutating func bodyEnded() -> BodyEndAction {
        switch self.state {
        case .forwarding(.open):
            self.state = .forwarding(.complete)
            return .finishUpstream
        case .relaying(.open):
            self.state = .relaying(.complete)
            return .finishUpstream
        case .collecting:
            self.state = .answering(.complete)
            return .runEndpoint
        case .deciding(.open):
            self.state = .deciding(.complete)
            return .none
        default:
            return .none
        }
    }

    mutating func upstreamHead() -> HeadAction {
        guard case .forwarding(let body) = self.state else { return .ignore }
        self.state = .relaying(body)
        return .relay
    }

    var isRelaying: Bool { if case .relaying = self.state { true } else { false } }
    var isForwarding: Bool { if case .forwarding = self.state { true } else { false } }

    /// The upstream's answer is whole. A body still on its way from the client makes the connection unfit for another
    /// request (proxy.md §4).
    mutating func upstreamEnded() -> EndAction {
        guard case .relaying(let body) = self.state else { return .ignore }
        self.state = .ended
        return .end(reuseConnection: body == .complete)
    }

    /// Something went wrong, or a decision was negative. Before the head there is an answer, after it only an abort.
    mutating func fail() -> FailureAction {
        switch self.state {
        case .deciding(let body), .answering(let body):
            self.state = .ended
            return .answer(cancelUpstream: false, reuseConnection: body == .complete)
        case .collecting:
            self.state = .ended
            return .answer(cancelUpstream: false, reuseConnection: false)
        case .forwarding(let body):
            self.state = .ended
            return .answer(cancelUpstream: true, reuseConnection: body == .complete)
        case .relaying:
            self.state = .ended
            return .abort(cancelUpstream: true)
        case .streaming:
            self.state = .ended
            return .abort(cancelUpstream: false)
        case .idle, .ended:
            return .ignore
        }
    }

    /// An own answer is complete.
    mutating func answered() -> EndAction {
        switch self.state {
        case .deciding(let body), .answering(let body), .streaming(let body):
            self.state = .ended
            return .end(reuseConnection: body == .complete)
        case .collecting, .forwarding, .relaying, .idle, .ended:
            return .ignore
        }
    }

    /// The connection is no longer HTTP: a WebSocket of ours, or the upstream's.
    mutating func switched() -> Bool {
        switch self.state {
        case .deciding, .forwarding:
            self.state = .ended
            return true
        case .collecting, .answering, .relaying, .streaming, .idle, .ended:
            return false
        }
    }

    mutating func clientGone() -> GoneAction {
        switch self.state {
        case .idle, .ended: return .ignore
        case .forwarding, .relaying:
            self.state = .ended
            return .cancelUpstream
        case .streaming:
            self.state = .ended
            return .stopStream
        case .deciding, .collecting, .answering:
            self.state = .ended
            return .forget
        }
    }

    /// Ready for the next request of the connection.
    mutating func reset() { self.state = .idle }

    private var isTooLarge: Bool { self.bodyLimit > 0 && self.bodyBytes > self.bodyLimit }
}
