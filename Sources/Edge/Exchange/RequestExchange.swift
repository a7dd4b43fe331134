// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
internal import Logging
internal import NIOCore
internal import Sessions
internal import Upstreams

/// The one path of every request, HTTP/1.1 and HTTP/2 alike: decide, then forward, answer, stream or upgrade.
///
/// `ExchangeStateMachine` decides what may happen; this class carries it out. Loop-bound; reused from request to request
/// on an HTTP/1.1 connection (`epoch` tells late answers of the store from this request's).
final class RequestExchange {
    let worker: EdgeWorker
    /// The configuration this request began with.
    private(set) var shared: EdgeShared
    let facts: ConnectionFacts
    unowned let client: any ClientStream
    /// Written by the protocol handler before `begin`.
    var head = MessageHead()
    var machine = ExchangeStateMachine()
    var credentials = Credentials()
    private(set) var requestID = RequestID(high: 0, low: 0)
    var trace = RequestTrace(RequestID(high: 0, low: 0), span: 0, sample: nil)
    private(set) var epoch: UInt64 = 0
    private(set) var framing = BodyFraming.none
    private var pace = BodyPace(now: .uptimeNanoseconds(0))
    private(set) var started = NIODeadline.uptimeNanoseconds(0)
    var route: Route?
    /// The session whose token went upstream.
    var bearerSession: ActiveSession?
    var upstream: UpstreamExchange?
    var upstreamIsWritable = true
    var upstreamIsPaused = false
    /// The client waits for `100 Continue`, and we for the upstream's word.
    var awaitsContinue = false
    var continueTimer: NIOScheduledCallback?
    var statement = HeaderPolicy.ResponseStatement()
    var status = 0
    var sent = 0
    var code: String?
    var reason: String?
    var collected: [UInt8] = []
    var endpoint: AuthEndpoint?
    /// The SSE stream or long-poll that answers this request.
    var live: LiveAnswer?
    /// Whom a trusted peer speaks for.
    var forwardedClient: ClientAddress?
    var clientAddress: ClientAddress { self.forwardedClient ?? self.facts.client }
    /// Set while a WebSocket to the upstream is asked for.
    var tunnel: TunnelRequest?

    init(worker: EdgeWorker, facts: ConnectionFacts, client: any ClientStream) {
        self.worker = worker
        self.shared = worker.shared
        self.facts = facts
        self.client = client
    }

    /// Whether body bytes may be handed over now. While `false` they stay with the protocol handler, which stops reading.
    var wantsBody: Bool { self.machine.wantsBody && self.upstreamIsWritable && !self.awaitsContinue }
    var isIdle: Bool { self.machine.isIdle }

    // MARK: From the client

    /// A head that passed the message rules. Body bytes follow once `wantsBody` says so.
    func begin(framing: BodyFraming) {
        self.start(framing: framing)
        self.trace.read(
            self.head,
            isTrusted: self.facts.isTrusted,
            isRecording: self.shared.services.tracing != nil
        )
        do throws(Refusal) {
            try self.decide()
        } catch {
            self.refuse(error)
        }
    }

    /// A message that never became a request: a refusal before any decision. The connection closes.
    func refuseMessage(_ error: MessageError) {
        self.start(framing: .length(1))  // whatever follows is unread
        self.refuse(Rescue.refusal(for: error))
    }

    func refuseTimeout() {
        if self.machine.isIdle { self.start(framing: .length(1)) }
        self.refuse(Refusal(.requestTimeout, "The request took too long to arrive."))
    }

    func receivedBody(_ bytes: ByteBuffer) {
        switch self.machine.bodyReceived(bytes.readableBytes) {
        case .forward: self.upstream?.write(bytes)
        case .collect: self.collected.append(contentsOf: bytes.readableBytesView)
        case .refuseTooLarge, .abortTooLarge: self.refuse(Self.bodyTooLarge)
        case .ignore: break
        }
    }

    /// No more bytes in this turn of the client's.
    func readComplete() { self.upstream?.flush() }

    func receivedEnd() {
        switch self.machine.bodyEnded() {
        case .finishUpstream: self.upstream?.finish()
        case .runEndpoint: self.runEndpoint()
        case .none: break
        }
    }

    /// Asked once a tick while a body is on its way.
    func isBodyTooSlow(now: NIODeadline) -> Bool {
        self.pace.isTooSlow(
            received: self.machine.received,
            isWaiting: self.wantsBody,
            now: now,
            limits: self.shared.settings.limits
        )
    }

    /// The body broke its own framing.
    func bodyBroke(_ error: MessageError) { self.refuse(Rescue.refusal(for: error)) }

    func clientGone() {
        let action = self.machine.clientGone()
        guard action != .ignore else { return }
        self.status = 499
        self.code = "client-closed"
        self.shared.metrics.clientGone()
        if action == .cancelUpstream { self.upstream?.cancel() }
        self.live?.clientGone()
        self.record()
        self.clear()
    }

    func clientWritabilityChanged(_ isWritable: Bool) {
        if isWritable, self.upstreamIsPaused {
            self.upstreamIsPaused = false
            self.upstream?.resumeReading()
        }
        self.live?.clientWritabilityChanged()
    }

    /// Between two requests, now and then: a snapshot that is no longer in force is not kept by a silent connection.
    func rest() { if self.shared !== self.worker.shared { self.shared = self.worker.shared } }

    private func start(framing: BodyFraming) {
        // Compared first: between two reloads it costs no reference count.
        self.rest()
        self.epoch &+= 1
        self.started = .now()
        self.pace = BodyPace(now: self.started)
        self.requestID = self.worker.requestIDs.next()
        self.trace = RequestTrace(
            self.requestID,
            span: self.worker.requestIDs.word() | 1,
            sample: self.shared.services.tracing?.sample
        )
        self.framing = framing
        self.machine.begin(hasBody: framing != .none && framing != .length(0))
        self.statement = HeaderPolicy.ResponseStatement()
    }

    func clear() {
        self.stopAwaitingContinue()
        self.machine.reset()
        self.epoch &+= 1
        // A next message that breaks before it has a head must not be answered, or logged, as this one.
        self.head.reset()
        self.route = nil
        self.bearerSession = nil
        self.upstream = nil
        self.upstreamIsWritable = true
        self.upstreamIsPaused = false
        self.endpoint = nil
        self.live = nil
        self.tunnel = nil
        self.forwardedClient = nil
        self.collected = []
        self.credentials = Credentials()
        self.status = 0
        self.sent = 0
        self.code = nil
        self.reason = nil
    }
}

@available(*, unavailable) extension RequestExchange: Sendable {}
