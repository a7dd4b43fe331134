// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import CoreMetrics
internal import HTTPMessages
internal import Live
internal import NIOCore
internal import Observability
internal import Sessions
internal import Upstreams
internal import Wire

/// The way upstream: what is sent for whom.
extension RequestExchange {
    func forward(_ caller: Caller, to route: Route) throws(Refusal) {
        if case .anonymous(let wasDead, let reason) = caller {
            if route.settings.authentication == .required {
                throw Rescue.loginRefusal(wasDead: wasDead, because: reason)
            }
            if wasDead { self.statement.setCookies = SessionCookies.clear() }
        }
        guard let upstream = self.shared.services.upstreams[route.settings.upstream] else {
            throw Refusal(.noHealthyUpstream, "The service behind this path is not available.", retryAfter: 1)
        }
        let limit = route.settings.body ?? self.shared.settings.limits.body
        if limit > 0, case .length(let length) = self.framing, length > limit { throw Self.bodyTooLarge }

        if route.settings.headers.aliases == .reject, let field = HeaderPolicy.firstAlias(in: self.head) {
            throw Refusal(.headerRefused, "The header field \(field) may be read as another one.")
        }
        if case .session(let session) = caller, route.settings.identity == .bearer { self.bearerSession = session }
        // Clearing cookies is personal too.
        self.statement.isPersonal = caller.isKnown || !self.statement.setCookies.isEmpty
        self.statement.passesCORS = route.settings.authentication == .none
        if self.head.method == .get, self.tunnel == nil {
            self.statement.cursor = self.worker.cursorBytes()
        }
        self.tunnel?.owner = TunnelOwner(caller)
        let assertion = route.settings.identity == .assertion ? try self.assertion(of: caller, on: route.settings) : nil
        let finishAtOnce = self.machine.forward(limit: limit)
        self.writeUpstreamHead(caller, route, assertion)
        let exchange = self.worker.pool.start(
            UpstreamRequest(
                head: self.worker.outbound,
                framing: self.framing,
                method: self.head.method,
                headTimeout: route.settings.headTimeout.map { TimeAmount($0) },
                bodyIdleTimeout: route.settings.bodyIdleTimeout.map { TimeAmount($0) },
                upgrades: self.tunnel != nil,
                allowsRetry: route.settings.retry == .safe
            ),
            to: upstream,
            delegate: self
        )
        // A refusal of the pool may have ended the exchange within `start`.
        guard self.machine.isForwarding else { return }
        self.upstream = exchange
        if finishAtOnce { return exchange.finish() }
        if self.head.expectsContinue { return self.awaitContinue() }
        self.client.resumeReading()
    }

    private func writeUpstreamHead(_ caller: Caller, _ route: Route, _ assertion: String?) {
        let statement = HeaderPolicy.Statement(
            host: self.publicHost(),
            client: self.clientAddress,
            port: self.publicPort(),
            bearer: route.settings.identity == .bearer && route.settings.authentication != .none
                ? caller.accessToken : nil,
            assertion: assertion,
            target: route.target,
            upstreamHost: route.host,
            forwardedPrefix: route.forwardedPrefix,
            cursor: self.statement.cursor,
            upgradesToWebSocket: self.tunnel != nil,
            requestID: self.requestID,
            trace: self.traceStatement()
        )
        self.worker.outbound.clear()
        let dropped = HeaderPolicy.writeRequest(
            self.head,
            framing: self.framing,
            route: route.settings,
            statement: statement,
            scratch: &self.worker.scratch,
            into: &self.worker.outbound
        )
        if dropped > 0 { self.shared.droppedFields.increment(by: dropped) }
    }

    private func traceStatement() -> HeaderPolicy.TraceStatement {
        self.trace.upstreamSpan = self.worker.requestIDs.word() | 1
        return HeaderPolicy.TraceStatement(
            id: RequestID(high: self.trace.id.high, low: self.trace.id.low),
            span: self.trace.parentForUpstream(isRecording: self.trace.isRecorded),
            isSampled: self.trace.isSampled,
            passesState: self.trace.passesState
        )
    }

    /// The authority the browser used: `Host`, or what a trusted peer says it was, if it is one of ours. From the internal
    /// listener upstreams see a public one in any case, else the first origin's (proxy.md §1).
    func publicHost() -> ArraySlice<UInt8> {
        if self.facts.isTrusted, let host = self.head.first(.xForwardedHost), self.shared.publicHosts.allows(host) {
            return host
        }
        if self.facts.role == .public, let host = self.head.first(.host) { return host }
        return self.shared.authority[...]
    }

    private func publicPort() -> Int {
        let host = self.publicHost()
        guard let colon = host.lastIndex(of: UInt8(ascii: ":")), host.last != UInt8(ascii: "]") else { return 443 }
        return host[(colon + 1)...].reduce(0) { min(65_535, $0 * 10 + Int($1 &- UInt8(ascii: "0"))) }
    }
}

/// What comes back.
extension RequestExchange: UpstreamExchangeDelegate {
    func exchange(_ exchange: UpstreamExchange, receivedInterim head: borrowing MessageHead) {
        guard self.machine.isForwarding, self.head.version != .http10 else { return }
        self.client.sendInterim(copy head)
    }

    func exchangeMayContinue(_ exchange: UpstreamExchange) { self.continueNow() }

    func exchange(_ exchange: UpstreamExchange, receivedHead head: borrowing MessageHead, framing: BodyFraming) {
        guard self.machine.upstreamHead() == .relay else { return }
        self.bodyCameTooLate()
        self.status = head.status
        if head.status == 401, let session = self.bearerSession { self.reportRefused(session) }
        if self.route?.endsSessions == true, let value = head.first(.gatecastEndSessions) { self.endSessions(value) }
        self.statement.strictTransport = self.sendsStrictTransport
        self.rewriteLocations(head)
        self.statement.date = self.worker.dateBytes(now: .now())
        self.client.sendHead(copy head, framing: framing, statement: self.statement)
    }

    private func rewriteLocations(_ head: borrowing MessageHead) {
        guard let route else { return }
        if let value = head.first(.location) {
            self.statement.location = route.location.rewrite(value, host: self.publicHost())
        }
        if let value = head.first(.contentLocation) {
            self.statement.contentLocation = route.location.rewrite(value, host: self.publicHost())
        }
    }

    /// The upstream did not take the session's token: have it refreshed early (login.md). A task of its own, since the
    /// answer does not wait for it; the authority takes one hint per session and 30 s.
    private func reportRefused(_ session: ActiveSession) {
        self.bearerSession = nil
        guard let sessions = self.shared.services.sessions else { return }
        Task { await sessions.upstreamRefused(session) }
    }

    func exchange(_ exchange: UpstreamExchange, receivedBody bytes: ByteBuffer) {
        guard self.machine.isRelaying else { return }
        self.sent += bytes.readableBytes
        self.client.sendBody(bytes)
    }

    func exchangeReadComplete(_ exchange: UpstreamExchange) {
        guard self.machine.isRelaying else { return }
        self.client.flush()
        if !self.client.isWritable, !self.upstreamIsPaused {
            self.upstreamIsPaused = true
            exchange.pauseReading()
        }
    }

    func exchangeEnded(_ exchange: UpstreamExchange) {
        guard case .end(let reusable) = self.machine.upstreamEnded() else { return }
        self.finish(reusable: reusable)
    }

    func exchange(_ exchange: UpstreamExchange, failed error: UpstreamError) {
        var refusal = Rescue.refusal(for: error)
        if self.tunnel != nil, error.code == .badMessage { refusal.reason = Self.tunnelHint(error) }
        self.refuse(refusal)
    }

    func exchange(_ exchange: UpstreamExchange, isWritable: Bool) {
        self.upstreamIsWritable = isWritable
        if isWritable, self.machine.wantsBody { self.client.resumeReading() }
    }
}
