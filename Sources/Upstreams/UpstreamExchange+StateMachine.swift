// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages

extension UpstreamExchange {
    /// Decides what becomes of a request and its answer. Pure: no channel, no bytes, no clock.
    ///
    ///     connecting ──connected──► active (request half × response half) ──receivedEnd──► finished
    ///         ▲                        │ lost, untouched, replayable: refresh or retry, each once
    ///         └────────────────────────┘           any state ──fail, cancel, lost──► finished
    ///
    /// `connecting` covers every time without a connection: in line, connecting, pausing before a retry.
    struct StateMachine: ~Copyable {
        static let mostInterims = 10
        /// Bytes of a body kept for a second try (proxy.md §8).
        static let keptLimit = 64 * 1024

        struct Plan {
            /// Sending it twice is as good as once (RFC 9110 §9.2.2).
            let isIdempotent: Bool
            let allowsRetry: Bool
            /// The request asked for another protocol, so a 101 is an answer to it.
            let upgrades: Bool
            /// Of the request's body, so far.
            var bodyBytes = 0
            /// Went over a fresh connection because the reused one was closed already.
            var wasRefreshed = false
            var wasRetried = false

            /// Even if it arrived, and all of it is still at hand.
            var isReplayable: Bool {
                self.isIdempotent && self.allowsRetry && !self.upgrades && self.bodyBytes <= StateMachine.keptLimit
            }
        }

        enum RequestHalf: Equatable {
            /// Bytes still owed; nil for a chunked body.
            case sending(remaining: Int?)
            case sent
        }

        enum ResponseHalf: Equatable {
            /// `touched`: a byte of the answer was seen.
            case awaitingHead(interims: Int, touched: Bool)
            case body(mayReuse: Bool)
        }

        private enum State: ~Copyable {
            case connecting(Plan, RequestHalf)
            case active(Plan, RequestHalf, ResponseHalf, isReused: Bool)
            case finished
        }

        enum WriteAction: Equatable { case send, sendChunk, drop, fail(StaticReason) }
        enum FinishAction: Equatable { case sent, sendLastChunk, none, fail(StaticReason) }
        enum HeadAction: Equatable {
            case deliver, deliverInterim, mayContinue, swallow, switchProtocols, fail(StaticReason), ignore
        }
        enum EndAction: Equatable { case end(reuse: Bool), ignore }
        /// `refresh`: at once and over a fresh connection. `retry`: elsewhere, after a pause, if the budget allows.
        enum LossAction: Equatable { case refresh, retry, fail(isEndpointsFault: Bool), ignore }

        private var state: State
        private init(_ state: consuming State) { self.state = state }

        init(framing: BodyFraming, method: Method, upgrades: Bool = false, allowsRetry: Bool = true) {
            let half: RequestHalf
            switch framing {
            case .none, .untilClose, .length(0): half = .sent
            case .length(let count): half = .sending(remaining: count)
            case .chunked: half = .sending(remaining: nil)
            }
            let plan = Plan(isIdempotent: method.isIdempotent, allowsRetry: allowsRetry, upgrades: upgrades)
            self.init(.connecting(plan, half))
        }

        /// A connection stands. False: nobody wants it any more.
        mutating func connected(isReused: Bool) -> Bool {
            switch consume self.state {
            case .connecting(let plan, let request):
                let response = ResponseHalf.awaitingHead(interims: 0, touched: false)
                self = .init(.active(plan, request, response, isReused: isReused))
                return true
            case .active(let plan, let request, let response, let isReused):
                self = .init(.active(plan, request, response, isReused: isReused))
                return false
            case .finished:
                self = .init(.finished)
                return false
            }
        }

        /// The caller has body bytes.
        mutating func write(_ count: Int) -> WriteAction {
            switch consume self.state {
            case .connecting(var plan, let request):
                let (half, action) = Self.write(count, to: request)
                plan.bodyBytes += count
                self = .init(.connecting(plan, half))
                return action
            case .active(var plan, let request, let response, let isReused):
                let (half, action) = Self.write(count, to: request)
                plan.bodyBytes += count
                self = .init(.active(plan, half, response, isReused: isReused))
                return action
            case .finished:
                self = .init(.finished)
                return .drop
            }
        }

        /// The caller's body is complete.
        mutating func finish() -> FinishAction {
            switch consume self.state {
            case .connecting(let plan, let request):
                self = .init(.connecting(plan, .sent))
                return Self.finish(request)
            case .active(let plan, let request, let response, let isReused):
                self = .init(.active(plan, .sent, response, isReused: isReused))
                return Self.finish(request)
            case .finished:
                self = .init(.finished)
                return .none
            }
        }

        /// Bytes of an answer have come, complete or not: from here on nothing is sent twice.
        mutating func receivedBytes() {
            switch consume self.state {
            case .connecting(let plan, let request):
                self = .init(.connecting(plan, request))
            case .active(let plan, let request, .awaitingHead(let interims, _), let isReused):
                let response = ResponseHalf.awaitingHead(interims: interims, touched: true)
                self = .init(.active(plan, request, response, isReused: isReused))
            case .active(let plan, let request, let response, let isReused):
                self = .init(.active(plan, request, response, isReused: isReused))
            case .finished:
                self = .init(.finished)
            }
        }

        mutating func receivedHead(status: Int, framing: BodyFraming, keepsAlive: Bool) -> HeadAction {
            switch consume self.state {
            case .active(let plan, let request, .awaitingHead(let interims, _), let isReused):
                let again = ResponseHalf.awaitingHead(interims: interims + 1, touched: true)
                switch status {
                case 101 where plan.upgrades:
                    self = .init(.finished)
                    return .switchProtocols
                case 101:
                    self = .init(.finished)
                    return .fail("protocol switch nobody asked for")
                case ..<200 where interims >= Self.mostInterims:
                    self = .init(.finished)
                    return .fail("more than 10 interim answers")
                case ..<200:
                    self = .init(.active(plan, request, again, isReused: isReused))
                    return status == 103 ? .deliverInterim : status == 100 ? .mayContinue : .swallow
                default:
                    let body = ResponseHalf.body(mayReuse: keepsAlive && framing != .untilClose)
                    self = .init(.active(plan, request, body, isReused: isReused))
                    return .deliver
                }
            case .active(let plan, let request, let response, let isReused):
                self = .init(.active(plan, request, response, isReused: isReused))
                return .ignore
            case .connecting(let plan, let request):
                self = .init(.connecting(plan, request))
                return .ignore
            case .finished:
                self = .init(.finished)
                return .ignore
            }
        }

        /// The answer's body is over. `excess`: bytes nobody asked for came after it.
        mutating func receivedEnd(excess: Bool) -> EndAction {
            switch consume self.state {
            case .active(_, let request, .body(let mayReuse), _):
                self = .init(.finished)
                return .end(reuse: mayReuse && !excess && request == .sent)
            case .active(let plan, let request, let response, let isReused):
                self = .init(.active(plan, request, response, isReused: isReused))
                return .ignore
            case .connecting(let plan, let request):
                self = .init(.connecting(plan, request))
                return .ignore
            case .finished:
                self = .init(.finished)
                return .ignore
            }
        }

        /// The connection ended before the answer did. On a reused one that had said nothing the likely story is that
        /// the peer closed it while our request was on its way: no fault of the endpoint, and worth one fresh try.
        mutating func lost() -> LossAction {
            switch consume self.state {
            case .active(var plan, let request, .awaitingHead(interims: 0, touched: false), let isReused):
                let mayRefresh = isReused && !plan.wasRefreshed
                guard plan.isReplayable, mayRefresh || !plan.wasRetried else {
                    self = .init(.finished)
                    return .fail(isEndpointsFault: !isReused)
                }
                if mayRefresh { plan.wasRefreshed = true } else { plan.wasRetried = true }
                self = .init(.connecting(plan, request))
                return mayRefresh ? .refresh : .retry
            case .active:
                self = .init(.finished)
                return .fail(isEndpointsFault: true)
            case .connecting(let plan, let request):
                self = .init(.connecting(plan, request))
                return .ignore
            case .finished:
                self = .init(.finished)
                return .ignore
            }
        }

        /// No connection came about, so nothing was sent: whatever the method, trying again is safe.
        mutating func connectFailed() -> LossAction {
            switch consume self.state {
            case .connecting(var plan, let request):
                guard plan.allowsRetry, !plan.wasRetried else {
                    self = .init(.finished)
                    return .fail(isEndpointsFault: true)
                }
                plan.wasRetried = true
                self = .init(.connecting(plan, request))
                return .retry
            case .active(let plan, let request, let response, let isReused):
                self = .init(.active(plan, request, response, isReused: isReused))
                return .ignore
            case .finished:
                self = .init(.finished)
                return .ignore
            }
        }

        /// Ends it, by failure or by the caller's wish. False: it had ended already.
        mutating func end() -> Bool {
            switch consume self.state {
            case .connecting:
                self = .init(.finished)
                return true
            case .active:
                self = .init(.finished)
                return true
            case .finished:
                self = .init(.finished)
                return false
            }
        }

        var isFinished: Bool {
            switch self.state {
            case .finished: true
            default: false
            }
        }

        /// Whether body bytes that were sent must stay at hand for a second try.
        var keepsBody: Bool {
            switch self.state {
            case .connecting(let plan, _): plan.isReplayable && !(plan.wasRefreshed && plan.wasRetried)
            case .active(let plan, _, .awaitingHead(interims: 0, touched: false), let isReused):
                plan.isReplayable && !(plan.wasRetried && (plan.wasRefreshed || !isReused))
            case .active: false
            case .finished: false
            }
        }

        /// Whether the whole request was handed over.
        var isRequestSent: Bool {
            switch self.state {
            case .connecting(_, let request): request == .sent
            case .active(_, let request, _, _): request == .sent
            case .finished: false
            }
        }

        /// Whether the final head has come and the body has not ended.
        var isInBody: Bool {
            switch self.state {
            case .active(_, _, .body, _): true
            default: false
            }
        }

        private static func write(_ count: Int, to request: RequestHalf) -> (RequestHalf, WriteAction) {
            switch request {
            case .sending where count == 0: (request, .drop)
            case .sending(remaining: nil): (request, .sendChunk)
            case .sending(let remaining?) where count > remaining: (request, .fail("request body longer than declared"))
            case .sending(let remaining?): (.sending(remaining: remaining - count), .send)
            case .sent where count == 0: (.sent, .drop)
            case .sent: (.sent, .fail("request body after its end"))
            }
        }

        private static func finish(_ request: RequestHalf) -> FinishAction {
            switch request {
            case .sending(remaining: nil): .sendLastChunk
            case .sending(remaining: 0): .sent
            case .sending: .fail("request body shorter than declared")
            case .sent: .none
            }
        }
    }

    /// A literal that compares, for the actions.
    struct StaticReason: Equatable, ExpressibleByStringLiteral {
        let text: StaticString
        init(stringLiteral value: StaticString) { self.text = value }
        static func == (left: StaticReason, right: StaticReason) -> Bool {
            left.text.description == right.text.description
        }
    }
}
