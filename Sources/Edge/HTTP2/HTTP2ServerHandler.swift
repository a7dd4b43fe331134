// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import DequeModule
internal import HTTPMessages
internal import NIOCore

/// HTTP/2 towards clients in one handler: bytes → `FrameReader` → `HTTP2Stream`s → bytes (RFC 9113).
///
/// No channel and no pipeline per stream. What the streams have to say within one turn of the loop leaves as one write, in
/// pieces that fill a TLS record each; streams take turns, a record's worth at a time.
///
///     open ──peer's GOAWAY · drain · age · request cap──► no new streams ──last stream ended──► closed
///       └──────────────── fault · flood · silence ─────── GOAWAY ──────────────────────────────► closed
final class HTTP2ServerHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    static let pingEvery = TimeAmount.seconds(30)
    static let pingPatience = TimeAmount.seconds(20)
    /// Between the two GOAWAYs of an orderly end, for a client that does not answer the ping behind the first.
    static let quiet = TimeAmount.seconds(1)
    /// Of heads and control frames for a client that does not read: beyond it, its requests are not read either.
    static let backlogHighMark = 256 << 10
    /// Finished stream objects kept for the next ones.
    static let spares = 8

    let worker: EdgeWorker
    let facts: ConnectionFacts
    let guardian: ConnectionGuard
    private(set) var context: ChannelHandlerContext?
    var reader = FrameReader()
    var state: HTTP2ConnectionState
    var floods: HTTP2Floods
    var decoder = FieldBlockDecoder()
    var block = FieldBlock()
    /// SETTINGS_MAX_HEADER_LIST_SIZE.
    let headerLimit: Int
    /// SETTINGS_INITIAL_WINDOW_SIZE. What the client was told holds for the connection, whatever a reload says.
    let streamWindow: Int
    var streams: [UInt32: HTTP2Stream] = [:]
    var spare: [HTTP2Stream] = []
    var inbound = ByteBuffer()
    private(set) var isProcessing = false
    private(set) var isReading = false
    private var isReadHeld = false
    var isClosed = false

    // Sending (HTTP2ServerHandler+Sending.swift).
    var queue = Deque<HTTP2Stream>()
    var outbound = ByteBuffer()
    /// Written while the socket took nothing.
    var backlog = 0
    var needsFlush = false
    var isFlushScheduled = false
    var isPumping = false
    var dataFramesSent = 0
    /// The next field block begins by emptying the client's table.
    var resizesTable = true

    // Ends and deadlines (HTTP2ServerHandler+Closing.swift).
    let opened = NIODeadline.now()
    var idleSince = NIODeadline.now()
    var hasHeard = false
    var heardAt = NIODeadline.now()
    var pingedAt: NIODeadline?
    var endingSince: NIODeadline?
    var stalledSince: NIODeadline?
    /// A field block, a frame, or the client's first SETTINGS is incomplete since then.
    var incompleteSince: NIODeadline? = .now()
    var served = 0

    init(worker: EdgeWorker, facts: ConnectionFacts, guardian: ConnectionGuard) {
        self.worker = worker
        self.facts = facts
        self.guardian = guardian
        self.headerLimit = worker.limits.headSize
        self.streamWindow = worker.limits.streamWindow
        self.state = HTTP2ConnectionState(
            window: worker.limits.connectionWindow,
            maximumBlock: max(worker.limits.headSize, FrameReader.maximumLength)
        )
        self.floods = HTTP2Floods(limit: worker.limits.floods, now: .now())
    }

    // MARK: Channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.worker.add(timed: self)
        self.sendSettings()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.worker.remove(timed: self)
        self.gone()
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !self.isClosed else { return }
        var bytes = self.unwrapInboundIn(data)
        self.isReading = true
        self.hasHeard = true
        if self.inbound.readableBytes == 0 {
            self.inbound = bytes
        } else {
            self.inbound.discardReadBytes()
            self.inbound.writeBuffer(&bytes)
        }
        self.process()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.isReading = false
        self.flushNow()
        context.fireChannelReadComplete()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.gone()
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let isWritable = context.channel.isWritable
        self.stalledSince = isWritable ? nil : .now()
        if isWritable, !self.isClosed {
            self.backlog = 0
            self.flushNow()
            self.wakeStreams()
            self.process()
        }
        context.fireChannelWritabilityChanged()
    }

    func read(context: ChannelHandlerContext) {
        if self.isBacklogged { self.isReadHeld = true } else { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { self.drain() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A reset or a TLS fault: nobody is left to be told. Not by way of TLS, which would wait for a goodbye.
        guard !self.isClosed else { return context.close(promise: nil) }
        self.gone()
        self.guardian.cut()
    }

    var isBacklogged: Bool { self.backlog >= Self.backlogHighMark }

    // MARK: Frames

    func process() {
        guard !self.isProcessing else { return }
        self.isProcessing = true
        do throws(HTTP2Fault) {
            while !self.isClosed, !self.isBacklogged, let frame = try self.reader.next(&self.inbound) {
                if !self.state.isInBlock { self.incompleteSince = nil }
                do throws(HTTP2Fault) {
                    try self.receive(frame)
                } catch {
                    guard error.stream != 0 else { throw error }
                    try self.streamFault(error)
                }
            }
        } catch {
            self.close(error.code)
        }
        self.isProcessing = false
        guard !self.isClosed else { return }
        self.noteIncomplete()
        if !self.isReading { self.flushNow() }
        if self.isReadHeld, !self.isBacklogged {
            self.isReadHeld = false
            self.context?.read()
        }
    }

    /// Within a field block the clock runs from its first frame on.
    private func noteIncomplete() {
        let isIncomplete =
            self.state.isInBlock || !self.state.hasSettings
            || !self.isBacklogged && self.reader.isHeadIncomplete(self.inbound)
        if !isIncomplete {
            self.incompleteSince = nil
        } else if self.incompleteSince == nil {
            self.incompleteSince = .now()
        }
    }
}

@available(*, unavailable) extension HTTP2ServerHandler: Sendable {}
