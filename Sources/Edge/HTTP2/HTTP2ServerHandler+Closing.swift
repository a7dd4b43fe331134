// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore

/// How a connection ends, and when.
extension HTTP2ServerHandler {
    /// Behind the first GOAWAY: its answer says that the client has read it.
    private static let endingPing: UInt64 = 0x6761_7465_6361_7374
    private static let keepAlivePing: UInt64 = 1

    /// SIGTERM, or a reload that replaces the listener.
    func drain() {
        self.announceEnd()
        self.flush()
    }

    /// No new streams soon (RFC 9113 §6.8): first the promise, then, when the client has read it, the last stream served.
    func announceEnd() {
        guard !self.isClosed, self.state.announceEnd() else { return }
        self.endingSince = .now()
        FrameWriter.goAway(last: 0x7FFF_FFFF, .noError, into: &self.outbound)
        FrameWriter.ping(Self.endingPing, ack: false, into: &self.outbound)
    }

    func pingAnswered(_ word: UInt64) {
        self.pingedAt = nil
        if word == Self.endingPing { self.finishEnd() }
    }

    private func finishEnd() {
        guard self.state.ending == .announced else { return }
        FrameWriter.goAway(last: self.state.finalEnd(), .noError, into: &self.outbound)
        self.flush()
    }

    /// The last stream named is done with.
    var endingIsComplete: Bool {
        guard case .final = self.state.ending else { return false }
        return self.streams.isEmpty && !self.isProcessing
    }

    /// GOAWAY and the end of the connection; what was under way hears that its client is gone.
    func close(_ code: HTTP2Code) {
        guard let context, !self.isClosed else { return }
        if case .final = self.state.ending, code == .noError {
            // Said already.
        } else {
            FrameWriter.goAway(last: self.state.finalEnd(), code, into: &self.outbound)
        }
        if self.outbound.readableBytes > 0 { context.write(self.wrapOutboundOut(self.outbound), promise: nil) }
        self.outbound = ByteBuffer()
        context.flush()
        self.gone()
        context.close(promise: nil)
    }

    func gone() {
        guard !self.isClosed else { return }
        self.isClosed = true
        self.inbound = ByteBuffer()
        self.queue.removeAll()
        let streams = self.streams
        self.streams.removeAll()
        for stream in streams.values { stream.gone() }
        self.spare.removeAll()
    }
}

extension HTTP2ServerHandler: EdgeWorker.Timed {
    func tick(now: NIODeadline) {
        guard !self.isClosed else { return }
        let limits = self.worker.limits
        if let stalledSince, now - stalledSince >= TimeAmount(limits.writeIdle) {
            self.gone()
            return self.guardian.cut()
        }
        if let incompleteSince, now - incompleteSince >= TimeAmount(limits.head) {
            return self.close(self.state.hasSettings ? .enhanceYourCalm : .settingsTimeout)
        }
        for stream in Array(self.streams.values) { stream.tick(now: now, limits: limits) }
        // An idle connection holds neither memory nor an old configuration for requests to come.
        if self.streams.isEmpty, !self.hasHeard { self.spare.removeAll() }
        for stream in self.spare { stream.exchange.rest() }
        self.tickEnd(now: now, limits: limits)
        if !self.isClosed { self.flushNow() }
    }

    private func tickEnd(now: NIODeadline, limits: EdgeLimits) {
        if self.hasHeard {
            self.hasHeard = false
            self.heardAt = now
            self.pingedAt = nil
        }
        if let endingSince {
            if now - endingSince >= Self.quiet { self.finishEnd() }
            if now - endingSince >= TimeAmount(limits.drain) { self.close(.noError) }
        } else if self.streams.isEmpty, now - self.idleSince >= TimeAmount(limits.keepAlive) {
            self.close(.noError)
        } else if now - self.opened >= TimeAmount(limits.age) {
            self.announceEnd()
        } else if let pingedAt {
            if now - pingedAt >= Self.pingPatience { self.close(.noError) }
        } else if now - self.heardAt >= Self.pingEvery {
            self.pingedAt = now
            FrameWriter.ping(Self.keepAlivePing, ack: false, into: &self.outbound)
        }
    }
}
