// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
internal import NIOCore

/// Every way a connection ends that was not upgraded.
extension HTTP1ServerHandler {
    /// From here on every answer says `Connection: close`. An idle connection is not closed at once: a request may be on its way.
    func drain() {
        self.isDraining = true
        if self.phase == .head, self.parser.isBetweenMessages { self.since = .now() }
    }

    /// The client has ended its side, and may wait for the answer to what it asked (RFC 9112 §9.6).
    func endOfInput() {
        guard !self.inputEnded else { return }
        self.inputEnded = true
        switch self.phase {
        case .head, .body: self.process()
        case .waiting where !self.exchange.outlivesInput: self.close()
        case .closing: self.close()
        case .waiting, .upgraded, .closed: break
        }
    }

    /// The client's side of TCP has ended too. It may listen on, or be gone altogether: only bytes on the way to it tell, since
    /// somebody who is gone answers them with a reset. So it is sent a `100 Continue`, which every HTTP/1.1 client passes over
    /// (RFC 9110 §15.2); where an answer is under way, its next bytes do the same.
    func askWhetherAnybodyListens() {
        if self.inputEnded, self.phase == .waiting, self.exchange.mayContinue { self.sendContinue() }
    }

    /// A request that is not whole by now never will be.
    func endWhatNothingFollows() {
        switch self.phase {
        case .head where self.parser.isBetweenMessages && self.inbound.readableBytes == 0: self.linger()
        case .head where self.isWritable: self.close()
        case .body where self.exchange.wantsBody: self.close()
        case .head, .body, .waiting, .closing, .upgraded, .closed: break
        }
    }

    /// The response is written and nothing follows it. A client still sending would turn a plain close into a reset that eats
    /// the response: say that we are done, read on into nothing, and close when it has understood.
    func linger() {
        guard let context, self.phase != .closed else { return }
        self.phase = .closing
        self.inbound.clear()
        self.since = .now()
        self.flushIfNeeded()
        let isOut = context.eventLoop.makePromise(of: Void.self)
        isOut.futureResult.assumeIsolated().whenSuccess { self.answerIsOut() }
        if self.inputEnded {
            // Ending both sides would drop what the socket has not taken yet; an empty write stands behind all of it.
            context.writeAndFlush(self.wrapOutboundOut(ByteBuffer()), promise: isOut)
        } else {
            context.close(mode: .output, promise: isOut)
        }
        if self.isReadHeld {
            self.isReadHeld = false
            context.read()
        }
    }

    private func answerIsOut() {
        guard self.phase == .closing else { return }
        self.isAnswerOut = true
        self.since = .now()
        // On another turn: within the flush that ends the answer, what TLS says at its end would not be sent any more.
        if self.inputEnded { self.context?.eventLoop.assumeIsolated().execute { self.close() } }
    }

    /// `cutting`: what was not sent yet must not look whole.
    func close(cutting: Bool = false) {
        guard self.phase != .closed, self.phase != .upgraded else { return }
        self.phase = .closed
        self.inbound.clear()
        self.exchange.clientGone()
        if cutting { self.guardian.cut() } else { self.context?.close(promise: nil) }
    }
}
