// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore

/// What a connection knows of the protocol apart from its streams: settings, windows, stream ids, the field block under way,
/// how it ends (RFC 9113 §3.4, §4.3, §5.1.1, §6.5, §6.8, §6.9). Pure.
struct HTTP2ConnectionState {
    enum Ending: Equatable {
        case none
        /// The first GOAWAY named no stream: requests sent before it was read are served.
        case announced
        /// The second one named the last that is.
        case final(UInt32)
    }

    /// A field block that ended.
    struct Block {
        let stream: UInt32
        let endStream: Bool
        let bytes: ByteBuffer
    }

    static let defaultWindow = 65_535
    /// A field block in more pieces than this is an attack: 32 KiB take two.
    static let continuations = 8

    private let maximumBlock: Int
    private let windowSize: Int
    private(set) var receiveWindow = Self.defaultWindow
    private(set) var sendWindow = Self.defaultWindow
    /// SETTINGS_INITIAL_WINDOW_SIZE of the client.
    private(set) var initialSendWindow = Self.defaultWindow
    private(set) var lastStream: UInt32 = 0
    private(set) var ending = Ending.none
    private(set) var hasSettings = false
    private var block: (stream: UInt32, endStream: Bool, pieces: Int, bytes: ByteBuffer)?
    private var resets = RecentStreams()
    private var closed = RecentStreams()

    /// - Parameters:
    ///   - window: what a client may send at once on all streams together; it is told so.
    ///   - maximumBlock: bytes of a field block as they come.
    init(window: Int, maximumBlock: Int) {
        self.windowSize = max(window, Self.defaultWindow)
        self.maximumBlock = maximumBlock
    }

    /// The increment that brings the window from its default to its size; 0: it is that.
    mutating func growWindow() -> Int {
        let increment = self.windowSize - self.receiveWindow
        self.receiveWindow = self.windowSize
        return increment
    }

    var isInBlock: Bool { self.block != nil }

    /// What may follow what: SETTINGS first, and nothing within a field block but its rest.
    mutating func check(_ header: FrameHeader) throws(HTTP2Fault) {
        if !self.hasSettings {
            guard header.kind == .settings, !header.has(FrameHeader.Flag.ack) else { throw HTTP2Fault(.protocolError) }
            self.hasSettings = true
        }
        if let block {
            guard header.kind == .continuation, header.stream == block.stream else { throw HTTP2Fault(.protocolError) }
        } else if header.kind == .continuation {
            throw HTTP2Fault(.protocolError)
        }
        try header.check()
    }

    // MARK: Field blocks

    mutating func headers(_ header: FrameHeader, _ payload: ByteBuffer) throws(HTTP2Fault) -> Block? {
        guard header.stream % 2 == 1 else { throw HTTP2Fault(.protocolError) }
        let endStream = header.has(FrameHeader.Flag.endStream)
        if header.has(FrameHeader.Flag.endHeaders) {
            return Block(stream: header.stream, endStream: endStream, bytes: payload)
        }
        self.block = (header.stream, endStream, 0, payload)
        return nil
    }

    mutating func continuation(_ header: FrameHeader, _ payload: ByteBuffer) throws(HTTP2Fault) -> Block? {
        guard var block = self.block.take() else { throw HTTP2Fault(.protocolError) }
        block.pieces += 1
        block.bytes.writeImmutableBuffer(payload)
        guard block.pieces <= Self.continuations, block.bytes.readableBytes <= self.maximumBlock else {
            throw HTTP2Fault(.enhanceYourCalm)
        }
        if header.has(FrameHeader.Flag.endHeaders) {
            return Block(stream: block.stream, endStream: block.endStream, bytes: block.bytes)
        }
        self.block = block
        return nil
    }

    // MARK: Streams

    enum Opening { case new, refused, ignored }

    /// A field block on a stream that is not open. `active`: how many are; `limit`: how many may be.
    mutating func open(_ stream: UInt32, active: Int, limit: Int) throws(HTTP2Fault) -> Opening {
        guard stream > self.lastStream else {
            if self.resets.contains(stream) { return .ignored }
            // One that was never opened, or long ago: ids only grow.
            guard self.closed.contains(stream) else { throw HTTP2Fault(.protocolError) }
            throw HTTP2Fault(.streamClosed, stream: stream)
        }
        self.lastStream = stream
        if case .final = self.ending { return .refused }
        return active < limit ? .new : .refused
    }

    /// A frame other than HEADERS on a stream that is not open: `true` where it was sent before our reset was read.
    func checkClosed(_ stream: UInt32) throws(HTTP2Fault) -> Bool {
        guard stream % 2 == 1, stream <= self.lastStream else { throw HTTP2Fault(.protocolError) }  // idle
        return self.resets.contains(stream)
    }

    mutating func didReset(_ stream: UInt32) { self.resets.insert(stream) }
    mutating func didClose(_ stream: UInt32) { self.closed.insert(stream) }

    // MARK: Windows

    /// DATA of any stream, padding and all. The increment to tell the client; 0: not worth a frame yet.
    ///
    /// Given back at once: what a slow upstream leaves here is bounded by the stream's own window, and must not stop others.
    mutating func receivedData(_ size: Int) throws(HTTP2Fault) -> Int {
        guard size <= self.receiveWindow else { throw HTTP2Fault(.flowControlError) }
        self.receiveWindow -= size
        return self.receiveWindow < self.windowSize / 2 ? self.growWindow() : 0
    }

    mutating func opened(by increment: Int) throws(HTTP2Fault) {
        guard increment > 0 else { throw HTTP2Fault(.protocolError) }
        guard self.sendWindow + increment <= HTTP2StreamState.largestWindow else { throw HTTP2Fault(.flowControlError) }
        self.sendWindow += increment
    }

    mutating func sent(_ count: Int) { self.sendWindow -= count }

    /// A client's SETTINGS; the difference by which every stream's window moves, and whether its table for us changed.
    mutating func settings(_ payload: ByteBuffer) throws(HTTP2Fault) -> (windowShift: Int, resizesTable: Bool) {
        var payload = payload
        let before = self.initialSendWindow
        var resizesTable = false
        while let (id, value) = payload.readMultipleIntegers(as: (UInt16, UInt32).self) {
            switch HTTP2Setting(rawValue: id) {
            case .enablePush, .noPriorities: guard value <= 1 else { throw HTTP2Fault(.protocolError) }
            case .initialWindowSize:
                guard value <= HTTP2StreamState.largestWindow else { throw HTTP2Fault(.flowControlError) }
                self.initialSendWindow = Int(value)
            case .maxFrameSize:
                guard (16_384...16_777_215).contains(value) else { throw HTTP2Fault(.protocolError) }
            case .headerTableSize: resizesTable = true
            case .maxConcurrentStreams, .maxHeaderListSize, nil: break
            }
        }
        return (self.initialSendWindow - before, resizesTable)
    }

    // MARK: End

    /// `false`: it is known already.
    mutating func announceEnd() -> Bool {
        guard self.ending == .none else { return false }
        self.ending = .announced
        return true
    }

    /// The last stream that is served.
    mutating func finalEnd() -> UInt32 {
        if case .final(let last) = self.ending { return last }
        self.ending = .final(self.lastStream)
        return self.lastStream
    }
}

/// The last streams that ended one way: their clients may have had frames on the way.
struct RecentStreams {
    private static let capacity = 128
    private var streams: [UInt32] = []
    private var next = 0

    mutating func insert(_ stream: UInt32) {
        if self.streams.count < Self.capacity {
            self.streams.append(stream)
        } else {
            self.streams[self.next] = stream
            self.next = (self.next + 1) % Self.capacity
        }
    }

    func contains(_ stream: UInt32) -> Bool { self.streams.contains(stream) }
}
