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
    var refusable: ActiveSession?
    var upstream: UpstreamExchange?
    var upstreamIsWritable = true
    var upstreamIsPaused = false
    var statement = HeaderPolicy.ResponseStatement()
    var status = 0
    var sent = 0
    private(set) var code: String?
    private var reason: String?
    var collected: [UInt8] = []
    var endpoint: AuthEndpoint?
    /// The SSE stream or long-poll that answers this request.
    var live: LiveAnswer?
    /// Whom a trusted peer speaks for.
    private var forwardedClient: ClientAddress?
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
    var wantsBody: Bool { self.machine.wantsBody && self.upstreamIsWritable }
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
            if self.facts.isTrusted { self.findClient() }
            if self.facts.role == .redirect { return try self.answerRedirect() }
            let admission = Admission(
                routes: self.shared.routes,
                hosts: self.shared.hosts(of: self.facts.role),
                access: self.shared.access,
                trustsForwardedHost: self.facts.isTrusted && self.facts.role == .public,
                role: self.facts.role,
                auth: self.shared.authPrefix,
                hasSessions: self.shared.services.sessions != nil,
                keys: self.facts.role == .internal ? self.shared.assertions?.document : nil
            )
            switch try admission.judge(self.head) {
            case .route(let route):
                self.route = route
                if route.settings.authentication != .none { self.allowCrossOrigin() }
                try self.limitAddress(on: route)
            case .endpoint(let endpoint):
                self.endpoint = endpoint
                self.allowCrossOrigin()
                self.credentials = try Credentials.read(self.head)
                try self.guardCrossSite(underAuth: true)
                try self.beginEndpoint(endpoint)
            case .live:
                self.allowCrossOrigin()
                try self.beginLive()
            case .preflight(let allow):
                self.allowCrossOrigin()
                self.answer(CrossOriginAccess.preflightAnswer(to: self.head, allow: allow))
            case .keys(let document):
                self.answerKeys(document)
            case .page:
                try self.answerPage()
            }
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

    // MARK: Decisions

    private func start(framing: BodyFraming) {
        // Compared first: between two reloads it costs no reference count.
        if self.shared !== self.worker.shared { self.shared = self.worker.shared }
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

    private func findClient() {
        guard self.head.count(.xForwardedFor) > 0 else { return }
        let (shared, role) = (self.shared, self.facts.role)
        self.forwardedClient = ForwardedFor.client(of: self.head, peer: self.facts.client) {
            shared.isTrusted($0, at: role)
        }
    }

    /// Lets pages of allowed origins read the answer, whatever it will be, and tells caches that it depends.
    private func allowCrossOrigin() {
        let access = self.shared.access
        guard !access.isOff else { return }
        self.statement.variesByOrigin = true
        self.statement.allowedOrigin = access.origin(of: self.head)
    }

    /// The route is found and the address may ask: who is asking?
    func enter(_ route: Route) throws(Refusal) {
        if route.settings.webSocket == .tunnel {
            try self.beginTunnel()
        } else if route.settings.authentication == .none {
            try self.forward(.anonymous(wasDead: false), to: route)
        } else {
            self.credentials = try Credentials.read(self.head)
            try self.guardCrossSite(underAuth: false)
            self.authenticate()
        }
    }

    private func guardCrossSite(underAuth: Bool) throws(Refusal) {
        guard self.credentials.sid != nil || (underAuth && !self.head.method.isSafe) else { return }
        let request = CrossSite.request(
            self.head,
            credentials: self.credentials,
            underAuth: underAuth,
            role: self.facts.role
        )
        let verdict = self.shared.crossSite.verdict(request)
        self.statement.isJudged = verdict != .unconcerned
        try CrossSite.check(verdict)
    }

    /// From a cache on the loop, or from the session store and the token authority with one return.
    func authenticate() {
        let authenticate = Authenticate(worker: self.worker)
        if let result = authenticate.now(self.credentials) { return self.authenticated(result) }
        let epoch = self.epoch
        let changes = self.worker.sessionChanges
        authenticate.resolve(self.credentials).assumeIsolated().whenComplete { result in
            guard epoch == self.epoch, !self.machine.isEnded, !self.machine.isIdle else { return }
            self.authenticated(authenticate.caller(self.credentials, result, askedAt: changes))
        }
    }

    private func authenticated(_ result: Result<Caller, Refusal>) {
        do throws(Refusal) {
            if self.live != nil { return try self.liveAuthenticated(result) }
            guard let route else { return }
            try self.limit(result.get(), on: route)
        } catch {
            self.refuse(error)
        }
    }

    private func answerPage() throws(Refusal) {
        guard self.facts.role == .public, let page = self.shared.services.page,
            let file = page.file(at: String(decoding: self.head.path, as: UTF8.self))
        else { throw Refusal(.noRoute, "Nothing is served under this path.") }
        guard self.head.method == .get || self.head.method == .head else {
            var refusal = Refusal(.methodNotAllowed, "This method is not allowed here.")
            refusal.allow = "GET, HEAD"
            throw refusal
        }
        self.answer(Answer(status: 200, fields: [("content-type", file.contentType)] + file.fields, body: file.body))
    }

    static let bodyTooLarge = Refusal(.bodyTooLarge, "The request body is larger than this path takes.")

    // MARK: Ends

    /// Before a head went out: an answer made by `Rescue`. After it: an abort.
    func refuse(_ refusal: Refusal) {
        switch self.machine.fail() {
        case .ignore:
            return
        case .answer(let cancelUpstream, let reusable):
            if cancelUpstream { self.upstream?.cancel() }
            self.note(refusal)
            let isBroken = refusal.status == 400 || refusal.status == 408
            var answer = Rescue.answer(refusal, to: self.head, context: self.rescueContext())
            if self.facts.role == .internal {
                let status = ProxyStatus.value(refusal, upstream: self.route?.settings.upstream)
                answer.fields.append(("proxy-status", status))
            }
            self.write(answer, reusable: reusable && !isBroken)
            self.finish(reusable: reusable && !isBroken)
        case .abort(let cancelUpstream):
            if cancelUpstream { self.upstream?.cancel() }
            self.note(refusal)
            self.record()
            self.clear()
            self.client.abort()
        }
    }

    private func note(_ refusal: Refusal) {
        self.code = refusal.code.rawValue
        self.reason = refusal.reason
        self.shared.metrics.refused(refusal.code)
    }

    /// A complete own response.
    func answer(_ answer: Answer) {
        guard case .end(let reusable) = self.machine.answered() else { return }
        self.code = answer.code
        self.write(answer, reusable: reusable)
        self.finish(reusable: reusable)
    }

    /// An own head; the body follows by `streamBody`, the end by `endStream`.
    func startStream(_ answer: Answer) {
        self.machine.stream()
        self.status = answer.status
        self.client.sendStreamHead(self.withStandingFields(answer))
    }

    func streamBody(_ bytes: ByteBuffer) {
        self.sent += bytes.readableBytes
        self.client.sendBody(bytes)
    }

    func endStream() {
        guard case .end(let reusable) = self.machine.answered() else { return }
        self.finish(reusable: reusable)
    }

    /// The connection is a WebSocket from here on; this exchange is over.
    func upgraded() {
        guard self.machine.switched() else { return }
        self.status = 101
        self.record()
        self.clear()
    }

    private func write(_ answer: Answer, reusable: Bool) {
        self.status = answer.status
        self.sent = self.head.method == .head ? 0 : answer.body.count
        self.client.send(self.withStandingFields(answer), reusable: reusable)
    }

    private func withStandingFields(_ answer: Answer) -> Answer {
        var answer = answer
        answer.fields.append(("date", self.worker.dateText(now: .now())))
        if self.sendsStrictTransport { answer.fields.append(("strict-transport-security", "max-age=31536000")) }
        for (name, value) in self.statement.crossOriginFields { answer.fields.append((name, value)) }
        return answer
    }

    private func rescueContext() -> Rescue.Context {
        Rescue.Context(
            requestID: self.requestID,
            loginPage: self.facts.role == .public ? self.shared.settings.pages.login : nil,
            startingUpstream: self.facts.role == .public && self.shared.settings.isDevelopment
                ? self.route?.settings.upstream : nil
        )
    }

    /// Not for localhost, where it would bind every other project of the machine.
    var sendsStrictTransport: Bool {
        self.facts.role == .public && !PublicOrigin.isLocal(HostAllowList.name(of: self.publicHost()))
    }

    func finish(reusable: Bool) {
        self.record()
        self.clear()
        self.client.end(reusable: reusable)
    }

    private func clear() {
        self.machine.reset()
        self.epoch &+= 1
        // A next message that breaks before it has a head must not be answered, or logged, as this one.
        self.head.reset()
        self.route = nil
        self.refusable = nil
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

    private func record() {
        let nanoseconds = (NIODeadline.now() - self.started).nanoseconds
        let metrics = self.route?.metrics ?? self.shared.unroutedMetrics
        metrics.record(status: self.status, nanoseconds: nanoseconds, received: self.machine.received, sent: self.sent)
        self.recordSpans(nanoseconds: nanoseconds)
        let log = self.shared.accessLog
        guard log.isEnabled else { return }
        log.record(
            AccessLog.Entry(
                requestID: self.requestID,
                trace: self.trace.parent == 0 ? nil : self.trace.id,
                listener: self.facts.role,
                method: self.head.method,
                path: self.head.path.isEmpty ? nil : String(decoding: self.head.path, as: UTF8.self),
                version: self.head.version,
                client: self.clientAddress.text,
                status: self.status,
                route: self.route?.settings.prefix,
                upstream: self.route?.settings.upstream,
                endpoint: self.upstream?.endpointName,
                attempts: self.upstream?.attempts ?? 0,
                upstreamNanoseconds: self.upstream?.headNanoseconds,
                nanoseconds: nanoseconds,
                received: self.machine.received,
                sent: self.sent,
                code: self.code,
                reason: self.reason
            )
        )
    }
}

@available(*, unavailable) extension RequestExchange: Sendable {}
