// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
internal import Live
internal import NIOCore

/// What a request to `/live` asked for, and the stream or poll that answers it once it is let in.
final class LiveAnswer {
    enum Transport {
        case webSocket(key: [UInt8])
        case eventStream
        case longPoll
    }

    let transport: Transport
    let query: LiveQuery
    /// A page of ours asks: what it must react to is accepted first and closed with a code (live.md §1).
    let isBrowser: Bool
    var stream: EventStream?
    var poll: LongPoll?

    init(transport: Transport, query: LiveQuery, isBrowser: Bool) {
        self.transport = transport
        self.query = query
        self.isBrowser = isBrowser
    }

    func clientGone() {
        self.stream?.sinkClosed()
        self.poll?.cancel()
    }

    func clientWritabilityChanged() { self.stream?.sinkWritabilityChanged() }
}

/// `EventStream`'s way out: the body of an exchange that has no end of its own, over HTTP/1.1 and HTTP/2 alike.
final class ExchangeStreamSink: EventStreamSink {
    private weak var exchange: RequestExchange?
    private let epoch: UInt64

    init(exchange: RequestExchange) {
        self.exchange = exchange
        self.epoch = exchange.epoch
    }

    /// `nil` once the request is over: an HTTP/1.1 connection may be serving its next one.
    private var live: RequestExchange? {
        guard let exchange, exchange.epoch == self.epoch else { return nil }
        return exchange
    }

    var isWritable: Bool { self.live?.client.isWritable ?? false }
    var unflushedBytes: Int { self.live?.client.pendingBytes ?? 0 }
    func write(_ bytes: ByteBuffer) { self.live?.streamBody(bytes) }
    func flush() { self.live?.client.flush() }
    func end() { self.live?.endStream() }
}
