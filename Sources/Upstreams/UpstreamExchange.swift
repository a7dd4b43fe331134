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
package final class UpstreamExchange {
    /// Chunks up to this size are copied between their size and line end; larger ones are written as they are.
    private static let copyLimit = 1024

    let request: UpstreamRequest
    let pool: LoopPool
    let upstream: Upstream
    var delegate: (any UpstreamExchangeDelegate)?
    var machine: StateMachine
    var endpoint: EndpointState?
    var connection: UpstreamConnection?
    var body = HeldBody()
    package internal(set) var attempts = UpstreamAttempts()
    var pause = Pause.none
    var callback: NIOScheduledCallback?
    var ticket: BreakerTicket?
    var holdsRetry = false
    /// The endpoint the first try failed at.
    var avoided: EndpointState?
    var isStarting = true
    var isCounted = false
    var hasUndeliveredFlush = false
    private var announcedWritable = true
    var status = 0
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
        self.connection.map { $0.isWritable } ?? self.body.hasRoom
    }

    func connected(_ connection: UpstreamConnection, isReused: Bool) {
        guard self.machine.connected(isReused: isReused) else { return self.pool.park(connection) }
        self.connection = connection
        self.pause = .none
        connection.begin(self)
        connection.write(self.request.head)
        for bytes in self.body.takeWaiting(keeping: self.machine.keepsBody) { connection.write(bytes) }
        self.armTimer()
        connection.flush()
        if self.connection === connection { self.announce(connection.isWritable) }
    }

    // MARK: Inside

    private func emit(_ bytes: ByteBuffer) {
        if let connection {
            connection.write(bytes)
            self.body.sent(bytes, keeping: self.machine.keepsBody)
        } else {
            self.body.wait(bytes)
            if !self.body.hasRoom { self.announce(false) }
        }
    }

    func announce(_ isWritable: Bool) {
        guard isWritable != self.announcedWritable, !self.isStarting else { return }
        self.announcedWritable = isWritable
        self.delegate?.exchange(self, isWritable: isWritable)
    }

    /// Which wait is the present one: for the body to go out, for the head, or for more of the answer's body.
    func armTimer() {
        guard let connection, !(self.isPaused && self.machine.isInBody) else { return }
        let settings = self.upstream.settings
        if self.machine.isInBody || !self.machine.isRequestSent {
            connection.arm(self.request.bodyIdleTimeout ?? settings.bodyIdleTimeout)
        } else {
            connection.arm(self.request.headTimeout ?? settings.headTimeout)
        }
    }

    func fail(_ error: UpstreamError, isEndpointsFault: Bool, soon: Bool = false) {
        guard self.machine.end() else { return }
        self.conclude(error, isEndpointsFault: isEndpointsFault, soon: soon)
    }

    /// The machine has ended; tells everybody. Within `start` (and on `soon`) the delegate hears of it on a later turn.
    func conclude(_ error: UpstreamError, isEndpointsFault: Bool, soon: Bool = false) {
        self.upstream.metrics.failed(error.code)
        self.pool.logger.debug(
            "upstream exchange failed",
            metadata: [
                "upstream": .string(self.upstream.name), "endpoint": .string(self.attempts.endpoint ?? "-"),
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

    func recordFailure(of endpoint: EndpointState) {
        guard self.upstream.recordFailure(of: endpoint, now: .now()) else { return }
        self.pool.logger.warning(
            "upstream endpoint ejected",
            metadata: ["upstream": .string(self.upstream.name), "endpoint": .string(endpoint.name)]
        )
    }

    func release() {
        self.connection = nil
        self.body.clear()
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
