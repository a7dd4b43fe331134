// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore
internal import Wire

/// One connection as its shard keeps it. Loop-bound. What it may do next is decided by `SubscriberMachine`; the shard
/// carries it out.
final class Subscriber {
    let conn: String
    let output: LiveOutput
    let style: FrameStyle
    let footprint: Footprint
    var identity: LiveIdentity?
    let remoteAddress: String
    let joinedAt: NIODeadline

    var machine = SubscriberMachine()
    var subscriptions: [Subscription] = []
    /// Counts the subscriptions it ever had; names side ranges.
    var lastSubscription = 0
    var subscriptionNumbers: [Int] = []

    /// The event last planned for it, so that two matching filters deliver once.
    var stamp: UInt64 = 0
    /// Its last piece in the plan of this drain, so that neighbours are joined; -1: none.
    var lastPiece = -1
    /// Bytes since the last flush.
    private(set) var unflushed = 0
    /// Id of the last live event written to it; what a demotion goes on from.
    var writtenThrough = Cursor.zero
    var isQueuedToRead = false
    /// Its place among all subscribers of the shard.
    var slot = -1
    var isOpen = true

    // Times, read by the wheel.
    /// When a frame with an `id` last left.
    var lastIDAt: NIODeadline
    var maxAgeAt: NIODeadline?
    /// End of the session or token on the loop's clock.
    var endsAt: NIODeadline?
    var isEndAnnounced = false
    var pingedAt: NIODeadline?
    /// What the socket owed when it was last seen to move, and when that was.
    var owed = 0
    var progressAt: NIODeadline
    /// When it began to be given what it had missed.
    var replayingSince: NIODeadline?
    var sessionSilentSince: NIODeadline?
    var touchedAt: NIODeadline?
    /// Its instant of a spread has come; the answer about its session releases it.
    var isReleaseDue = false
    /// Supersedes the timers put on the wheel before.
    var timer = 0

    var operations: TokenBucket

    init(
        conn: String,
        output: LiveOutput,
        identity: LiveIdentity?,
        remoteAddress: String,
        operations: TokenBucket,
        now: NIODeadline
    ) {
        self.conn = conn
        self.output = output
        self.style = output.style
        footprint = output.footprint
        self.identity = identity
        self.remoteAddress = remoteAddress
        self.operations = operations
        joinedAt = now
        lastIDAt = now
        progressAt = now
    }

    /// Writes finished bytes. TLS does not count unflushed bytes in `isWritable`, so they are flushed from 64 KB on.
    @inline(__always)
    func write(_ bytes: ByteBuffer, last: Cursor?) {
        unflushed += bytes.readableBytes
        output.write(bytes, last: last)
        if unflushed >= 64 * 1024 { flush() }
    }

    @inline(__always)
    func writeAndFlush(_ bytes: ByteBuffer, last: Cursor?) {
        unflushed = 0
        output.writeAndFlush(bytes, last: last)
    }

    @inline(__always)
    func flush() {
        guard unflushed > 0 else { return }
        unflushed = 0
        output.flush()
    }

    /// A frame of ours, flushed at once.
    func send(_ frame: ByteBuffer, id: Cursor?) {
        output.write(frame: frame, id: id)
        output.flush()
        unflushed = 0
    }

    func addSubscription(_ filter: TopicFilter, from: Cursor) -> (Subscription, number: Int) {
        let subscription = Subscription(filter, from: from)
        lastSubscription += 1
        subscriptions.append(subscription)
        subscriptionNumbers.append(lastSubscription)
        return (subscription, lastSubscription)
    }

    /// The query that gives everything it has subscribed to.
    var query: RingQuery { RingQuery(keys: subscriptions.map(\.key)) }
}

@available(*, unavailable)
extension Subscriber: Sendable {}
