// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import DequeModule
internal import HTTPMessages
internal import Live
internal import NIOCore
internal import NIOHPACK
internal import NIOHTTP2

/// One HTTP/2 stream, one request: HPACK → `MessageHead` → `RequestExchange` → frames.
///
/// Body frames wait in `inbound` until the exchange wants them; beyond 64 KiB the stream is not read, so that its window
/// closes and the client stops.
final class HTTP2StreamHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias OutboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    private enum Phase { case head, body, waiting, ended }

    private static let inboundHighMark = 64 << 10
    private static let lingerBytes = 64 << 10
    private static let lingerTime = TimeAmount.seconds(2)

    private let worker: EdgeWorker
    private let facts: ConnectionFacts
    private var context: ChannelHandlerContext?
    private lazy var exchange = RequestExchange(worker: self.worker, facts: self.facts, client: self)
    private var phase = Phase.head
    private var inbound = Deque<ByteBuffer>()
    private var inboundBytes = 0
    /// END_STREAM came; what is in `inbound` is all.
    private var inboundEnded = false
    /// The answer is out, the request's rest is being read past.
    private var isLingering = false
    private var lingerLeft = 0
    private var isReadHeld = false
    private var isFeeding = false
    private var sentEnd = false
    /// The latest bytes of the answer: kept until more come, or a flush, or the end, so that END_STREAM travels with them
    /// and not on an empty frame of its own.
    private var heldBody: ByteBuffer?
    private var needsFlush = false
    private var since = NIODeadline.now()
    private var stalledSince: NIODeadline?

    init(worker: EdgeWorker, facts: ConnectionFacts) {
        self.worker = worker
        self.facts = facts
    }

    // MARK: Channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.worker.add(timed: self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.worker.remove(timed: self)
        self.gone()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.gone()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .headers(let payload):
            if self.phase == .head {
                self.begin(payload.headers, endStream: payload.endStream)
            } else if payload.endStream {
                self.inboundEnded = true  // trailers: dropped
                if self.phase == .ended { self.discarded(0) } else { self.feed() }
            }
        case .data(let payload):
            if case .byteBuffer(let bytes) = payload.data, bytes.readableBytes > 0, self.phase != .ended {
                self.inbound.append(bytes)
                self.inboundBytes += bytes.readableBytes
            }
            if payload.endStream { self.inboundEnded = true }
            if self.phase == .ended { self.discarded(payload.data.readableBytes) } else { self.feed() }
        default:
            break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.flush()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        self.stalledSince = context.channel.isWritable ? nil : .now()
        self.exchange.clientWritabilityChanged(context.channel.isWritable)
        context.fireChannelWritabilityChanged()
    }

    func read(context: ChannelHandlerContext) {
        if self.inboundBytes >= Self.inboundHighMark, self.phase != .ended {
            self.isReadHeld = true
        } else {
            context.read()
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The stream was reset, or broke a rule NIOHTTP2 knows: both end it.
        context.close(promise: nil)
    }

    // MARK: Request

    private func begin(_ headers: HPACKHeaders, endStream: Bool) {
        self.inboundEnded = endStream
        self.since = .now()
        do throws(MessageError) {
            try HTTP2Head.read(
                headers,
                into: &self.exchange.head,
                limits: self.worker.limits.heads,
                allowing: self.worker.shared.routes.pathExceptions
            )
            let framing = try Framing.ofRequest(self.exchange.head, endStream: endStream)
            self.phase = endStream ? .waiting : .body
            self.exchange.begin(framing: framing)
        } catch {
            self.phase = .body
            self.exchange.refuseMessage(error)
        }
    }

    /// Hands over what the exchange wants.
    private func feed() {
        guard !self.isFeeding else { return }
        self.isFeeding = true
        var gave = false
        while self.phase == .body, self.exchange.wantsBody {
            if let bytes = self.inbound.popFirst() {
                self.inboundBytes -= bytes.readableBytes
                self.since = .now()
                gave = true
                self.exchange.receivedBody(bytes)
            } else if self.inboundEnded {
                self.phase = .waiting
                self.exchange.receivedEnd()
            } else {
                break
            }
        }
        self.isFeeding = false
        if gave { self.exchange.readComplete() }
        if self.inboundBytes < Self.inboundHighMark / 2 { self.releaseHeldRead() }
    }

    /// The answer is whole and the rest of the request not wanted (RFC 9113 §8.1). A reset right behind the answer makes many
    /// clients throw the answer away, so what is on its way anyway is read past first: at most `lingerBytes`, at most
    /// `lingerTime`.
    private func discarded(_ count: Int) {
        guard self.isLingering else { return }
        self.lingerLeft -= count
        if self.inboundEnded { self.isLingering = false } else if self.lingerLeft <= 0 { self.stopLingering() }
    }

    private func stopLingering() {
        self.isLingering = false
        guard let context else { return }
        context.writeAndFlush(self.wrapOutboundOut(.rstStream(.noError)), promise: nil)
    }

    private func releaseHeldRead() {
        guard self.isReadHeld else { return }
        self.isReadHeld = false
        self.context?.read()
    }

    private func gone() {
        guard self.phase != .ended else { return }
        self.phase = .ended
        self.heldBody = nil
        self.inbound.removeAll()
        self.inboundBytes = 0
        self.exchange.clientGone()
    }

    private func write(_ payload: HTTP2Frame.FramePayload) {
        guard let context, !self.sentEnd else { return }
        self.needsFlush = true
        context.write(self.wrapOutboundOut(payload), promise: nil)
    }

    private func writeHead(_ headers: HPACKHeaders, endStream: Bool) {
        self.write(.headers(.init(headers: headers, endStream: endStream)))
        self.sentEnd = self.sentEnd || endStream
    }
}

@available(*, unavailable) extension HTTP2StreamHandler: Sendable {}

extension HTTP2StreamHandler: EdgeWorker.Timed {
    func tick(now: NIODeadline) {
        let limits = self.worker.limits
        if self.isLingering {
            if now - self.since >= Self.lingerTime { self.stopLingering() }
        } else if let stalledSince, now - stalledSince >= TimeAmount(limits.writeIdle) {
            self.gone()
            self.context?.close(promise: nil)
        } else if self.phase == .body,
            self.exchange.isBodyTooSlow(now: now)
                || self.exchange.wantsBody && now - self.since >= TimeAmount(limits.bodyIdle)
        {
            self.exchange.refuseTimeout()
        }
    }
}

extension HTTP2StreamHandler: ClientStream {
    var isWritable: Bool { self.context?.channel.isWritable ?? false }
    var pendingBytes: Int { 0 }

    func resumeReading() { self.feed() }

    func sendContinue() {
        self.writeHead([":status": "100"], endStream: false)
        self.flush()
    }

    func sendInterim(_ head: MessageHead) {
        var headers: HPACKHeaders = [":status": String(head.status)]
        HeaderPolicy.forEachInterimField(head) { name, value in
            headers.add(name: String(decoding: name, as: UTF8.self), value: String(decoding: value, as: UTF8.self))
        }
        self.writeHead(headers, endStream: false)
        self.flush()
    }

    func sendHead(_ head: MessageHead, framing: BodyFraming, statement: HeaderPolicy.ResponseStatement) {
        var headers = HPACKHeaders()
        headers.reserveCapacity(head.fields.count + 6)
        headers.add(name: ":status", value: String(head.status))
        HeaderPolicy.forEachResponseField(head, statement: statement) { name, value in
            headers.add(name: String(decoding: name, as: UTF8.self), value: String(decoding: value, as: UTF8.self))
        }
        switch framing {
        case .none:
            let isAnnounced = self.exchange.head.method == .head || head.status == 304
            if isAnnounced, let length = HeaderPolicy.announcedLength(head) {
                headers.add(name: "content-length", value: String(length))
            }
        case .length(let length):
            headers.add(name: "content-length", value: String(length))
        case .chunked, .untilClose:
            break
        }
        self.writeHead(headers, endStream: framing == .none)
    }

    func sendStreamHead(_ answer: Answer) {
        self.writeHead(Self.headers(of: answer), endStream: false)
        self.flush()
    }

    func send(_ answer: Answer, reusable: Bool) {
        var headers = Self.headers(of: answer)
        if answer.status != 204, answer.status != 304 {
            headers.add(name: "content-length", value: String(answer.body.count))
        }
        let isBodiless = answer.body.isEmpty || self.exchange.head.method == .head
        self.writeHead(headers, endStream: isBodiless)
        guard !isBodiless else { return }
        self.write(.data(.init(data: .byteBuffer(ByteBuffer(bytes: answer.body)), endStream: true)))
        self.sentEnd = true
    }

    func sendBody(_ bytes: ByteBuffer) {
        guard bytes.readableBytes > 0 else { return }
        self.releaseBody()
        self.heldBody = bytes
    }

    private func releaseBody() {
        guard let bytes = self.heldBody else { return }
        self.heldBody = nil
        self.write(.data(.init(data: .byteBuffer(bytes))))
    }

    func flush() {
        self.releaseBody()
        guard self.needsFlush, let context else { return }
        self.needsFlush = false
        context.flush()
    }

    func end(reusable: Bool) {
        if !self.sentEnd {
            self.write(.data(.init(data: .byteBuffer(self.heldBody ?? ByteBuffer()), endStream: true)))
            self.heldBody = nil
            self.sentEnd = true
        }
        self.isLingering = self.phase == .body && !self.inboundEnded
        self.phase = .ended
        self.lingerLeft = Self.lingerBytes
        self.since = .now()
        self.inbound.removeAll()
        self.inboundBytes = 0
        self.flush()
        self.releaseHeldRead()
    }

    func abort() {
        self.phase = .ended
        self.heldBody = nil
        self.inbound.removeAll()
        self.inboundBytes = 0
        guard let context else { return }
        context.writeAndFlush(self.wrapOutboundOut(.rstStream(.internalError)), promise: nil)
    }

    /// Browsers open WebSockets over HTTP/1.1; extended CONNECT is not offered, so nothing can ask for this.
    func upgrade(accept: String, join: JoinRequest) { self.abort() }
    func switchProtocols(
        _ head: MessageHead,
        statement: HeaderPolicy.ResponseStatement,
        to handler: TunnelClientHandler
    ) { self.abort() }

    private static func headers(of answer: Answer) -> HPACKHeaders {
        var headers = HPACKHeaders()
        headers.reserveCapacity(answer.fields.count + 2)
        headers.add(name: ":status", value: String(answer.status))
        for field in answer.fields { headers.add(name: field.name, value: field.value) }
        return headers
    }
}
