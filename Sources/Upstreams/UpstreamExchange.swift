// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
internal import Logging
internal import Metrics
package import NIOCore
internal import Settings

/// One request and its answer, on one event loop. Made by `LoopPool.start`; carries out what its `StateMachine`
/// decides.
///
/// Backpressure: `pauseReading` stops the answer (what was read already, at most one read of 64 KiB, waits here); the
/// request's body should stop while `isWritable` is false. Until there is a connection, body bytes wait here.
package final class UpstreamExchange: NIOScheduledCallbackHandler {
    /// What a scheduled callback is for; an exchange waits for one thing at a time.
    private enum Pause { case none, place, addresses(until: NIODeadline), retry }

    /// Between a failure and the second try (proxy.md §8).
    private static let retryDelay = Int64(25)...250
    /// Between two looks for the first address of a name.
    private static let addressDelay = TimeAmount.milliseconds(20)
    /// Body bytes that may wait for a connection before `isWritable` turns false.
    private static let pendingLimit = 64 * 1024
    /// Chunks up to this size are copied between their size and line end; larger ones are written as they are.
    private static let copyLimit = 1024

    let request: UpstreamRequest
    private let pool: LoopPool
    private let upstream: Upstream
    private var delegate: (any UpstreamExchangeDelegate)?
    private var machine: StateMachine
    private var endpoint: EndpointState?
    private var connection: UpstreamConnection?
    private var pending: [ByteBuffer] = []
    private var pendingBytes = 0
    /// Body bytes that were sent, for a second try.
    private var kept: [ByteBuffer] = []
    private var pause = Pause.none
    private var callback: NIOScheduledCallback?
    private var ticket: BreakerTicket?
    private var holdsRetry = false
    /// The endpoint the first try failed at.
    private var avoided: EndpointState?
    private let started = NIODeadline.now()
    private var isStarting = true
    private var isCounted = false
    private var hasUndeliveredFlush = false
    private var announcedWritable = true
    private var status = 0
    private(set) var isPaused = false

    init(pool: LoopPool, upstream: Upstream, request: UpstreamRequest, delegate: any UpstreamExchangeDelegate) {
        self.pool = pool
        self.upstream = upstream
        self.request = request
        self.delegate = delegate
        self.machine = StateMachine(
            framing: request.framing,
            method: request.method,
            upgrades: request.upgrades,
            allowsRetry: request.allowsRetry
        )
    }

    // MARK: What became of it

    /// The endpoint of the last attempt, as configured; nil while there was none. For logs and traces only.
    package private(set) var endpointName: String?
    /// Connections the request was, or would have been, sent over.
    package private(set) var attempts = 0
    /// From the start to the answer's head, waits and retries included; nil while there is none.
    package private(set) var headNanoseconds: Int64?
    /// Attempts another one followed. Times count from the start.
    package private(set) var failedAttempts: [FailedAttempt] = []
    /// Counts from the start.
    package private(set) var lastAttemptBegan = TimeAmount.zero

    package struct FailedAttempt: Sendable {
        package let endpoint: String
        package let began: TimeAmount
        package let ended: TimeAmount
        package let code: UpstreamError.Code
    }

    package func startedAfter(_ instant: NIODeadline) -> TimeAmount { self.started - instant }

    private func noteFailedAttempt(_ code: UpstreamError.Code) {
        self.failedAttempts.append(
            FailedAttempt(
                endpoint: self.endpointName ?? "-",
                began: self.lastAttemptBegan,
                ended: .now() - self.started,
                code: code
            )
        )
    }

    // MARK: For the caller

    /// Raw body bytes; the framing is added here. After the end of the exchange they are dropped.
    package func write(_ body: ByteBuffer) {
        self.pool.loop.assertInEventLoop()
        switch self.machine.write(body.readableBytes) {
        case .drop:
            return
        case .send:
            self.emit(body)
        case .sendChunk where body.readableBytes <= Self.copyLimit:
            var chunk = self.pool.allocator.buffer(capacity: body.readableBytes + 8)
            HeadWriter.writeChunkHeader(body.readableBytes, into: &chunk)
            chunk.writeImmutableBuffer(body)
            HeadWriter.chunkEnd(into: &chunk)
            self.emit(chunk)
        case .sendChunk:
            var header = self.pool.allocator.buffer(capacity: 18)
            HeadWriter.writeChunkHeader(body.readableBytes, into: &header)
            self.emit(header)
            self.emit(body)
            self.emit(self.pool.lineEnd)
        case .fail(let reason):
            return self.fail(UpstreamError(.badMessage, reason.text.description), isEndpointsFault: false, soon: true)
        }
        self.armTimer()
    }

    package func flush() {
        self.pool.loop.assertInEventLoop()
        self.connection?.flush()
    }

    /// The request's body is complete; flushes. Needless, but harmless, for a request without one.
    package func finish() {
        self.pool.loop.assertInEventLoop()
        switch self.machine.finish() {
        case .none:
            return
        case .sent:
            break
        case .sendLastChunk:
            self.emit(self.pool.lastChunk)
        case .fail(let reason):
            return self.fail(UpstreamError(.badMessage, reason.text.description), isEndpointsFault: false, soon: true)
        }
        self.armTimer()
        self.connection?.flush()
    }

    /// Ends the exchange and its connection. Nothing is called any more.
    package func cancel() {
        self.pool.loop.assertInEventLoop()
        self.delegate = nil
        guard self.machine.end() else { return }
        let connection = self.connection
        self.stopWaiting()
        self.release()
        connection?.close()
    }

    package func pauseReading() {
        self.pool.loop.assertInEventLoop()
        guard !self.isPaused else { return }
        self.isPaused = true
        if self.machine.isInBody { self.connection?.arm(nil) }
    }

    package func resumeReading() {
        self.pool.loop.assertInEventLoop()
        guard self.isPaused else { return }
        self.isPaused = false
        self.armTimer()
        self.connection?.resume()
    }

    package var isWritable: Bool {
        self.connection.map { $0.isWritable } ?? (self.pendingBytes < Self.pendingLimit)
    }

    // MARK: For the pool

    func start() {
        defer { self.isStarting = false }
        switch self.upstream.enter(orWait: { self.makeTicket() }) {
        case .admitted:
            self.enter()
        case .waiting:
            self.pause = .place
            self.schedule(in: self.upstream.settings.waitTimeout)
        case .refused:
            let settings = self.upstream.settings
            let detail = "\(settings.capacity) exchanges in flight, \(settings.maxWaiting) in line"
            self.fail(UpstreamError(.overloaded, detail), isEndpointsFault: false)
        }
    }

    private func makeTicket() -> BreakerTicket {
        let ticket = BreakerTicket(self, on: self.pool.loop)
        self.ticket = ticket
        return ticket
    }

    /// A place in flight has become ours. Whoever gave up in the meantime passes it on.
    func called() {
        guard self.ticket != nil else { return self.upstream.leave() }
        self.ticket = nil
        self.stopWaiting()
        self.upstream.metrics.waitSeconds.recordNanoseconds((.now() - self.started).nanoseconds)
        self.enter()
    }

    private func enter() {
        self.isCounted = true
        self.pool.leasedCount += 1
        self.launch(fresh: self.request.upgrades)
    }

    private func launch(fresh: Bool) {
        let now = NIODeadline.now()
        let endpoints = self.pool.endpoints(of: self.upstream)
        guard !endpoints.isEmpty else { return self.awaitAddresses(now) }
        guard let endpoint = self.choose(from: endpoints, now: now) else {
            let detail = "\(self.upstream.settings.maxPerEndpoint) exchanges in flight at each endpoint"
            return self.fail(UpstreamError(.overloaded, detail), isEndpointsFault: false)
        }
        self.endpoint = endpoint
        self.endpointName = endpoint.name
        self.attempts += 1
        self.lastAttemptBegan = now - self.started
        if !fresh, let connection = self.pool.lease(endpoint, now: now) {
            self.upstream.metrics.reuses.increment()
            self.connected(connection, isReused: true)
        } else {
            self.upstream.metrics.connects.increment()
            self.pool.connect(to: endpoint, of: self.upstream, for: self)
        }
    }

    /// Another loop may take an endpoint's last place between the look and the step.
    private func choose(from endpoints: [EndpointState], now: NIODeadline) -> EndpointState? {
        for _ in 0..<3 {
            let choice = self.upstream.pick(from: endpoints, avoiding: self.avoided, now: now, using: &self.pool.random)
            guard let choice else { return nil }
            if choice.began(cap: self.upstream.settings.maxPerEndpoint) { return choice }
        }
        return nil
    }

    /// No name was looked up yet: waits as long as for a connection.
    private func awaitAddresses(_ now: NIODeadline) {
        let end =
            if case .addresses(let until) = self.pause { until } else { now + self.upstream.settings.connectTimeout }
        guard now < end else {
            return self.fail(UpstreamError(.noHealthyEndpoint, "no address was found"), isEndpointsFault: false)
        }
        self.pause = .addresses(until: end)
        self.schedule(in: Self.addressDelay)
    }

    // MARK: Waiting

    private func schedule(in amount: TimeAmount) {
        // Throws only once the loop is shutting down, and then nothing is served any more.
        self.callback = try? self.pool.loop.assumeIsolatedUnsafeUnchecked().scheduleCallback(in: amount, handler: self)
    }

    package func handleScheduledCallback(eventLoop: some EventLoop) {
        self.callback = nil
        switch self.pause {
        case .none:
            break
        case .place:
            // Called already: the place is on its way here.
            guard let ticket, self.upstream.withdraw(ticket) else { return }
            self.ticket = nil
            self.pause = .none
            self.fail(UpstreamError(.overloaded, "no place in time"), isEndpointsFault: false)
        case .addresses:
            self.launch(fresh: self.request.upgrades)
        case .retry:
            self.pause = .none
            self.launch(fresh: self.request.upgrades)
        }
    }

    private func stopWaiting() {
        self.callback?.cancel()
        self.callback = nil
        self.pause = .none
        if let ticket { _ = self.upstream.withdraw(ticket) }
        self.ticket = nil
    }

    func connected(_ connection: UpstreamConnection, isReused: Bool) {
        guard self.machine.connected(isReused: isReused) else { return self.pool.park(connection) }
        self.connection = connection
        self.pause = .none
        connection.begin(self)
        connection.write(self.request.head)
        for bytes in self.pending { connection.write(bytes) }
        self.kept = self.machine.keepsBody ? self.pending : []
        self.pending = []
        self.pendingBytes = 0
        self.armTimer()
        connection.flush()
        if self.connection === connection { self.announce(connection.isWritable) }
    }

    func connectFailed(_ error: UpstreamError) {
        guard self.connection == nil else { return }
        switch self.machine.connectFailed() {
        case .ignore, .refresh: break
        case .retry: self.retry(after: error)
        case .fail(let isEndpointsFault): self.conclude(error, isEndpointsFault: isEndpointsFault)
        }
    }

    /// Once more, elsewhere if there is an elsewhere, unless too much of the work is second tries already.
    private func retry(after error: UpstreamError) {
        guard self.upstream.beginRetry() else {
            self.upstream.metrics.retriesRefused.increment()
            return self.fail(error, isEndpointsFault: true)
        }
        self.upstream.metrics.retries.increment()
        self.noteFailedAttempt(error.code)
        self.holdsRetry = true
        if let endpoint {
            self.recordFailure(of: endpoint)
            self.avoided = endpoint
        }
        self.abandon()
        self.pause = .retry
        self.schedule(in: .milliseconds(Int64.random(in: Self.retryDelay, using: &self.pool.random)))
    }

    /// Takes back what was sent, for another connection.
    private func abandon() {
        self.connection = nil
        self.endpoint?.ended()
        self.endpoint = nil
        guard !self.kept.isEmpty else { return }
        self.pending = self.kept
        self.pendingBytes = self.kept.reduce(0) { $0 + $1.readableBytes }
        self.kept = []
    }

    // MARK: For the connection

    func receivedBytes() {
        if self.machine.isInBody { self.armTimer() } else { self.machine.receivedBytes() }
    }

    /// True for the final head.
    func received(_ head: borrowing MessageHead, framing: BodyFraming) -> Bool {
        if head.droppedFields > 0 { self.upstream.metrics.droppedFields.increment(by: head.droppedFields) }
        switch self.machine.receivedHead(status: head.status, framing: framing, keepsAlive: head.keepsAlive) {
        case .deliver:
            self.answered(head.status)
            self.armTimer()
            self.hasUndeliveredFlush = true
            self.delegate?.exchange(self, receivedHead: head, framing: framing)
            return true
        case .deliverInterim:
            self.hasUndeliveredFlush = true
            self.delegate?.exchange(self, receivedInterim: head)
            return false
        case .swallow, .ignore:
            return false
        case .switchProtocols:
            self.switchProtocols(head)
            return false
        case .fail(let reason):
            self.conclude(UpstreamError(.badMessage, reason.text.description), isEndpointsFault: true)
            return false
        }
    }

    private func answered(_ status: Int) {
        self.status = status
        self.kept = []
        let nanoseconds = (.now() - self.started).nanoseconds
        self.headNanoseconds = nanoseconds
        self.upstream.metrics.headSeconds.recordNanoseconds(nanoseconds)
        self.endpoint?.metrics.answered(status)
    }

    /// The connection is the delegate's from here on; it no longer counts as an exchange under way.
    private func switchProtocols(_ head: borrowing MessageHead) {
        self.endpoint?.recordSuccess()
        self.answered(head.status)
        let connection = self.connection
        let delegate = self.delegate
        self.delegate = nil
        self.release()
        guard let upgraded = connection?.handOver() else {
            delegate?.exchange(self, failed: UpstreamError(.reset, "closed right after switching protocols"))
            return
        }
        guard let delegate else { return upgraded.close() }
        delegate.exchange(self, switchedProtocols: head, to: upgraded)
    }

    func received(_ body: ByteBuffer) {
        self.hasUndeliveredFlush = true
        self.delegate?.exchange(self, receivedBody: body)
    }

    /// The answer is complete. Gives the connection back before the delegate hears of it, so that its next request
    /// finds it.
    func receivedEnd(excess: Bool, idle: TimeAmount?) {
        guard case .end(let reuse) = self.machine.receivedEnd(excess: excess) else { return }
        if let endpoint {
            switch self.status {
            case 502, 503, 504: self.recordFailure(of: endpoint)
            default: endpoint.recordSuccess()
            }
        }
        let connection = self.connection
        self.release()
        connection?.detach()
        if reuse, let connection, let idle { self.pool.park(connection, for: idle) } else { connection?.close() }
        let delegate = self.delegate
        self.delegate = nil
        delegate?.exchangeEnded(self)
    }

    func readComplete() {
        guard self.hasUndeliveredFlush else { return }
        self.hasUndeliveredFlush = false
        self.delegate?.exchangeReadComplete(self)
    }

    func writabilityChanged(_ isWritable: Bool) { self.announce(isWritable) }

    func receivedGarbage(_ error: MessageError) {
        self.fail(UpstreamError(.badMessage, error.description), isEndpointsFault: true)
    }

    /// Whether the request was sent whole, so that the peer's close may end its answer.
    var isRequestSent: Bool { self.machine.isRequestSent }

    func lost(_ detail: String) {
        switch self.machine.lost() {
        case .ignore:
            break
        case .refresh:
            self.upstream.metrics.refreshes.increment()
            self.noteFailedAttempt(.reset)
            self.abandon()
            self.launch(fresh: true)
        case .retry:
            self.retry(after: UpstreamError(.reset, detail))
        case .fail(let isEndpointsFault):
            self.conclude(UpstreamError(.reset, detail), isEndpointsFault: isEndpointsFault)
        }
    }

    func timedOut() {
        if self.machine.isInBody {
            self.fail(UpstreamError(.bodyTimeout, "the answer stalled"), isEndpointsFault: true)
        } else if self.machine.isRequestSent {
            self.fail(UpstreamError(.headTimeout, "no answer in time"), isEndpointsFault: true)
        } else {
            self.fail(UpstreamError(.headTimeout, "the request's body stalled"), isEndpointsFault: false)
        }
    }

    // MARK: Inside

    private func emit(_ bytes: ByteBuffer) {
        if let connection {
            connection.write(bytes)
            if self.machine.keepsBody { self.kept.append(bytes) } else if !self.kept.isEmpty { self.kept = [] }
        } else {
            self.pending.append(bytes)
            self.pendingBytes += bytes.readableBytes
            if self.pendingBytes >= Self.pendingLimit { self.announce(false) }
        }
    }

    private func announce(_ isWritable: Bool) {
        guard isWritable != self.announcedWritable, !self.isStarting else { return }
        self.announcedWritable = isWritable
        self.delegate?.exchange(self, isWritable: isWritable)
    }

    /// Which wait is the present one: for the body to go out, for the head, or for more of the answer's body.
    private func armTimer() {
        guard let connection, !(self.isPaused && self.machine.isInBody) else { return }
        let settings = self.upstream.settings
        if self.machine.isInBody || !self.machine.isRequestSent {
            connection.arm(self.request.bodyIdleTimeout ?? settings.bodyIdleTimeout)
        } else {
            connection.arm(self.request.headTimeout ?? settings.headTimeout)
        }
    }

    private func fail(_ error: UpstreamError, isEndpointsFault: Bool, soon: Bool = false) {
        guard self.machine.end() else { return }
        self.conclude(error, isEndpointsFault: isEndpointsFault, soon: soon)
    }

    /// The machine has ended; tells everybody. Within `start` (and on `soon`) the delegate hears of it on a later turn.
    private func conclude(_ error: UpstreamError, isEndpointsFault: Bool, soon: Bool = false) {
        self.upstream.metrics.failed(error.code)
        self.pool.logger.debug(
            "upstream exchange failed",
            metadata: [
                "upstream": .string(self.upstream.name), "endpoint": .string(self.endpointName ?? "-"),
                "code": .string(error.code.rawValue), "detail": .string(error.logDetail),
            ]
        )
        if isEndpointsFault, let endpoint { self.recordFailure(of: endpoint) }
        let connection = self.connection
        self.stopWaiting()
        self.release()
        connection?.close()
        if self.isStarting || soon {
            self.pool.loop.assumeIsolatedUnsafeUnchecked().execute { self.tell(error) }
        } else {
            self.tell(error)
        }
    }

    private func tell(_ error: UpstreamError) {
        let delegate = self.delegate
        self.delegate = nil
        delegate?.exchange(self, failed: error)
    }

    private func recordFailure(of endpoint: EndpointState) {
        guard self.upstream.recordFailure(of: endpoint, now: .now()) else { return }
        self.pool.logger.warning(
            "upstream endpoint ejected",
            metadata: ["upstream": .string(self.upstream.name), "endpoint": .string(endpoint.name)]
        )
    }

    private func release() {
        self.connection = nil
        self.pending = []
        self.pendingBytes = 0
        self.kept = []
        guard self.isCounted else { return }
        self.isCounted = false
        self.pool.leasedCount -= 1
        if self.holdsRetry { self.upstream.endRetry() }
        self.holdsRetry = false
        self.endpoint?.ended()
        self.upstream.leave()
    }
}

@available(*, unavailable)
extension UpstreamExchange: Sendable {}
