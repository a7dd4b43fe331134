// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// One stream's two halves, its windows and the length its head declared (RFC 9113 §5.1, §5.2, §8.1.1). Pure.
struct HTTP2StreamState {
    static let largestWindow = 0x7FFF_FFFF

    let id: UInt32
    /// What the client may still send; what of it was used up and not given back yet.
    private(set) var receiveWindow: Int
    private var credit = 0
    private let windowSize: Int
    /// What we may send; below 0 after a smaller SETTINGS_INITIAL_WINDOW_SIZE.
    private(set) var sendWindow: Int
    /// END_STREAM came.
    private(set) var receivedEnd = false
    /// Left of `content-length`.
    private var remaining: Int?

    init(id: UInt32, receiveWindow: Int, sendWindow: Int) {
        self.id = id
        self.receiveWindow = receiveWindow
        self.windowSize = receiveWindow
        self.sendWindow = sendWindow
    }

    mutating func receivedHead(length: Int?, endStream: Bool) {
        self.remaining = length
        self.receivedEnd = endStream
    }

    /// - Parameters:
    ///   - size: of the frame with its padding, which is what windows count.
    ///   - count: of the bytes in it.
    mutating func receivedData(size: Int, count: Int, endStream: Bool) throws(HTTP2Fault) {
        guard !self.receivedEnd else { throw HTTP2Fault(.streamClosed, stream: self.id) }
        guard size <= self.receiveWindow else { throw HTTP2Fault(.flowControlError, stream: self.id) }
        self.receiveWindow -= size
        self.credit += size - count
        if let remaining {
            guard count <= remaining else { throw HTTP2Fault(.protocolError, stream: self.id) }
            self.remaining = remaining - count
        }
        if endStream { try self.end() }
    }

    /// A second field block: trailers, which end the request.
    mutating func receivedTrailers(endStream: Bool, isWellFormed: Bool = true) throws(HTTP2Fault) {
        guard !self.receivedEnd else { throw HTTP2Fault(.streamClosed, stream: self.id) }
        guard endStream, isWellFormed else { throw HTTP2Fault(.protocolError, stream: self.id) }
        try self.end()
    }

    private mutating func end() throws(HTTP2Fault) {
        self.receivedEnd = true
        guard self.remaining ?? 0 == 0 else { throw HTTP2Fault(.protocolError, stream: self.id) }
    }

    /// `count` bytes need no room here any more. The increment to tell the client; 0: not worth a frame yet.
    mutating func consumed(_ count: Int) -> Int {
        self.credit += count
        guard !self.receivedEnd, self.credit >= self.windowSize / 2 else { return 0 }
        let increment = self.credit
        self.credit = 0
        self.receiveWindow += increment
        return increment
    }

    mutating func opened(by increment: Int) throws(HTTP2Fault) {
        guard increment > 0 else { throw HTTP2Fault(.protocolError, stream: self.id) }
        guard self.sendWindow + increment <= Self.largestWindow else {
            throw HTTP2Fault(.flowControlError, stream: self.id)
        }
        self.sendWindow += increment
    }

    /// SETTINGS_INITIAL_WINDOW_SIZE changed (§6.9.2): a fault of the connection.
    mutating func shifted(by difference: Int) throws(HTTP2Fault) {
        guard self.sendWindow + difference <= Self.largestWindow else { throw HTTP2Fault(.flowControlError) }
        self.sendWindow += difference
    }

    mutating func sent(_ count: Int) { self.sendWindow -= count }
}
