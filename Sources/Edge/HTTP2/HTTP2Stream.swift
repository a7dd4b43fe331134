// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import DequeModule
internal import HTTPMessages
internal import NIOCore

/// One HTTP/2 stream, one request: `FieldBlock` → `MessageHead` → `RequestExchange` → what `HTTP2ServerHandler` frames.
///
/// Body bytes wait in `inbound` until the exchange wants them, at most a window of them; bytes of the answer wait in
/// `outbound` for the client's windows. Reused for a later stream of its connection once both are done with.
final class HTTP2Stream {
    enum Phase { case body, waiting, ended }

    /// The exchange stops where this much waits for the client's window, and goes on below the half.
    static let outboundHighMark = 64 << 10
    static let lingerBytes = 64 << 10
    /// Less than this in `writeIdle` is no progress.
    static let progressBytes = 1_024

    unowned let connection: HTTP2ServerHandler
    private(set) lazy var exchange = RequestExchange(
        worker: self.connection.worker,
        facts: self.connection.facts,
        client: self
    )
    var state: HTTP2StreamState
    var phase = Phase.waiting
    private var inbound = Deque<ByteBuffer>()
    private var isFeeding = false
    /// Of the answer: bytes without a frame yet.
    private(set) var outbound = Deque<ByteBuffer>()
    private(set) var outboundBytes = 0
    /// END_STREAM is to follow `outbound`; it went out.
    var endsOutbound = false
    var sentEnd = false
    /// Stands in the connection's queue of streams with something to send.
    var isQueued = false
    /// The exchange was told to wait.
    var isHeld = false
    /// The answer is out, the request's rest is being read past.
    private(set) var isLingering = false
    private var lingerLeft = 0
    /// The request broke a rule: the stream is reset behind its answer.
    private(set) var fault: HTTP2Code?
    private var since = NIODeadline.now()
    /// Of the answer, when something last went out, and what has since.
    private var progressAt = NIODeadline.now()
    private var progress = 0

    init(connection: HTTP2ServerHandler, state: HTTP2StreamState) {
        self.connection = connection
        self.state = state
    }

    var id: UInt32 { self.state.id }

    /// Whether a later stream may use this object.
    var isReusable: Bool { self.exchange.isIdle && !self.isFeeding && !self.isQueued }

    func reuse(for state: HTTP2StreamState) {
        self.state = state
        self.phase = .waiting
        self.endsOutbound = false
        self.sentEnd = false
        self.isHeld = false
        self.isLingering = false
        self.fault = nil
    }

    // MARK: Request

    /// - Parameter limit: of the list's size (SETTINGS_MAX_HEADER_LIST_SIZE).
    func begin(_ block: borrowing FieldBlock, endStream: Bool, limit: Int) {
        self.since = .now()
        do throws(MessageError) {
            guard block.size <= limit else { throw MessageError(.headTooLarge, "field list too large") }
            try HTTP2Head.read(
                block,
                into: &self.exchange.head,
                limits: self.connection.worker.limits.heads,
                allowing: self.connection.worker.shared.routes.pathExceptions
            )
            let framing = try Framing.ofRequest(self.exchange.head, endStream: endStream)
            if case .length(let length) = framing {
                self.state.receivedHead(length: length, endStream: endStream)
            } else {
                self.state.receivedHead(length: nil, endStream: endStream)
            }
            self.phase = endStream ? .waiting : .body
            self.exchange.begin(framing: framing)
        } catch {
            self.state.receivedHead(length: nil, endStream: endStream)
            self.phase = .body
            if error.code == .badMessage { self.fault = .protocolError }
            self.exchange.refuseMessage(error)
        }
    }

    func received(_ bytes: ByteBuffer) {
        guard bytes.readableBytes > 0 || self.state.receivedEnd else { return }
        guard self.phase != .ended else {
            if self.isLingering { self.consumed(bytes.readableBytes) }
            return self.discarded(bytes.readableBytes)
        }
        if bytes.readableBytes > 0 { self.inbound.append(bytes) }
        self.feed()
    }

    /// The body broke its own framing. What was answered already stays; the rest is refused, and the stream reset.
    func broke(_ code: HTTP2Code) {
        self.fault = code
        self.inbound.removeAll()
        guard self.phase == .body, code == .protocolError else { return self.connection.reset(self, code) }
        self.exchange.bodyBroke(MessageError(.badMessage, "body against the rules of HTTP/2"))
        if self.phase != .ended { self.connection.reset(self, code) }
    }

    /// Hands over what the exchange wants.
    func feed() {
        guard !self.isFeeding else { return }
        self.isFeeding = true
        var gave = 0
        while self.phase == .body, self.exchange.wantsBody {
            if let bytes = self.inbound.popFirst() {
                gave += bytes.readableBytes
                self.exchange.receivedBody(bytes)
            } else if self.state.receivedEnd {
                self.phase = .waiting
                self.exchange.receivedEnd()
            } else {
                break
            }
        }
        self.isFeeding = false
        guard gave > 0 else { return }
        self.since = .now()
        self.exchange.readComplete()
        self.consumed(gave)
    }

    private func consumed(_ count: Int) {
        let increment = self.state.consumed(count)
        if increment > 0 { self.connection.openWindow(of: self, by: increment) }
    }

    /// The answer is whole and the rest of the request not wanted (RFC 9113 §8.1). A reset right behind the answer makes many
    /// clients throw the answer away, so what is on its way anyway is read past first: at most `lingerBytes`, at most
    /// `limits.linger`.
    private func discarded(_ count: Int) {
        guard self.isLingering else { return }
        self.lingerLeft -= count
        if self.state.receivedEnd {
            self.isLingering = false
            self.connection.retire(self)
        } else if self.lingerLeft <= 0 {
            self.connection.reset(self, .noError)
        }
    }

    // MARK: Answer

    func append(_ bytes: ByteBuffer) {
        if self.outboundBytes == 0 {
            self.progressAt = .now()
            self.progress = 0
        }
        self.outbound.append(bytes)
        self.outboundBytes += bytes.readableBytes
    }

    /// The next at most `count` bytes of the answer.
    func take(_ count: Int) -> ByteBuffer {
        guard var first = self.outbound.popFirst() else { return ByteBuffer() }
        if first.readableBytes > count {
            let piece = first.readSlice(length: count) ?? ByteBuffer()
            self.outbound.prepend(first)
            first = piece
        }
        self.outboundBytes -= first.readableBytes
        self.state.sent(first.readableBytes)
        self.progress += first.readableBytes
        if self.progress >= Self.progressBytes {
            self.progress = 0
            self.progressAt = .now()
        }
        return first
    }

    /// END_STREAM went out.
    func finished() {
        self.sentEnd = true
        if let fault {
            self.connection.reset(self, fault)
        } else if self.state.receivedEnd {
            self.connection.retire(self)
        } else {
            self.isLingering = true
            self.lingerLeft = Self.lingerBytes
            self.since = .now()
        }
    }

    /// Nobody reads this stream any more.
    func gone() {
        self.isLingering = false
        self.outbound.removeAll(keepingCapacity: true)
        self.outboundBytes = 0
        self.inbound.removeAll(keepingCapacity: true)
        self.sentEnd = true
        guard self.phase != .ended else { return }
        self.phase = .ended
        self.exchange.clientGone()
    }

    func endRequest() {
        self.phase = .ended
        // Room is given back, so that what is on its way can be read past.
        let left = self.inbound.reduce(0) { $0 + $1.readableBytes }
        self.inbound.removeAll(keepingCapacity: true)
        if left > 0 { self.consumed(left) }
    }

    // MARK: Deadlines

    func tick(now: NIODeadline, limits: EdgeLimits) {
        if self.isLingering {
            if now - self.since >= TimeAmount(limits.linger) { self.connection.reset(self, .noError) }
        } else if self.outboundBytes > 0, now - self.progressAt >= TimeAmount(limits.writeIdle) {
            self.connection.reset(self, .cancel)
        } else if self.phase == .body,
            self.exchange.isBodyTooSlow(now: now)
                || self.exchange.wantsBody && now - self.since >= TimeAmount(limits.bodyIdle)
        {
            self.exchange.refuseTimeout()
        }
    }
}

@available(*, unavailable) extension HTTP2Stream: Sendable {}
