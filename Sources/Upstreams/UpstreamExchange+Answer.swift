// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
internal import Metrics
internal import NIOCore

/// What the connection tells: the answer, piece by piece.
extension UpstreamExchange {
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
        case .mayContinue:
            self.delegate?.exchangeMayContinue(self)
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
        self.body.forgetSent()
        self.upstream.metrics.headSeconds.recordNanoseconds(self.attempts.answer())
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

    func timedOut() {
        if self.machine.isInBody {
            self.fail(UpstreamError(.bodyTimeout, "the answer stalled"), isEndpointsFault: true)
        } else if self.machine.isRequestSent {
            self.fail(UpstreamError(.headTimeout, "no answer in time"), isEndpointsFault: true)
        } else {
            self.fail(UpstreamError(.headTimeout, "the request's body stalled"), isEndpointsFault: false)
        }
    }
}
