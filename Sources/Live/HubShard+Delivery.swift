// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Logging
internal import Metrics
internal import NIOCore
internal import Wire

/// What one socket gets of the bytes collected in this drain: one range, grown while its events are neighbours.
struct Piece {
    let subscriber: Subscriber
    let footprint: Footprint
    var bytes: Range<Int>
    /// Id of its last event; nil while there are ephemeral ones only.
    var last: Cursor?
}

/// What one drain wrote, for the metrics.
private struct DeliverySums {
    private(set) var bytes = 0
    private(set) var webSocket = 0
    private(set) var eventStream = 0
    private(set) var longPoll = 0

    @inline(__always)
    mutating func add(_ bytes: Int, to output: LiveOutput) {
        self.bytes += bytes
        switch output {
        case .webSocket: webSocket += 1
        case .eventStream: eventStream += 1
        case .longPoll: longPoll += 1
        }
    }
}

/// Live delivery. Each event that has takers is copied once per loop and style, into a buffer of at most about 64 KB, so
/// that reference counts stay on one core; each socket gets slices of it and one flush. Per subscriber there is no
/// allocation, promise, closure or lock.
extension HubShard {
    private static var flushBytes: Int { 64 * 1024 }
    /// So many sockets before its turn a socket's objects are asked for: a write takes some microseconds, memory a tenth of one.
    private static var lookahead: Int { 3 }

    func deliver(_ batch: LiveBatch) {
        for record in batch.records {
            plan(record)
            if webSocketFrames.count >= HubShard.flushBytes || eventStreamFrames.count >= HubShard.flushBytes {
                writePlanned()
            }
        }
        writePlanned()
        if let position = batch.position {
            delivered = position
            wakeAhead()
        }
        core.metrics.delivery.recordNanoseconds((NIODeadline.now() - batch.readAt).nanoseconds)
    }

    /// Notes who gets the event. The index does not change meanwhile.
    private func plan(_ record: LiveRecord) {
        event &+= 1
        var webSocket: Range<Int>?
        var eventStream: Range<Int>?
        for key in record.topic.keys {
            guard let list = index.list(key) else { continue }
            for entry in list.entries where entry.subscriber.stamp != event {
                let subscriber = entry.subscriber
                subscriber.stamp = event
                switch subscriber.style {
                case .webSocket:
                    let bytes = webSocket ?? HubShard.copy(record, into: &webSocketFrames)
                    webSocket = bytes
                    plan(bytes, of: record, for: subscriber)
                case .eventStream:
                    let bytes = eventStream ?? HubShard.copy(record, into: &eventStreamFrames)
                    eventStream = bytes
                    plan(bytes, of: record, for: subscriber)
                }
            }
        }
    }

    private static func copy(_ record: LiveRecord, into output: inout FrameOutput) -> Range<Int> {
        let start = output.buffer.writerIndex
        output.append(record.frame, id: record.id)
        return start..<output.buffer.writerIndex
    }

    private func plan(_ bytes: Range<Int>, of record: LiveRecord, for subscriber: Subscriber) {
        let last = subscriber.lastPiece
        if last >= 0, pieces[last].bytes.upperBound == bytes.lowerBound {
            pieces[last].bytes = pieces[last].bytes.lowerBound..<bytes.upperBound
            pieces[last].last = record.id ?? pieces[last].last
        } else {
            subscriber.lastPiece = pieces.count
            pieces.append(
                Piece(subscriber: subscriber, footprint: subscriber.footprint, bytes: bytes, last: record.id)
            )
        }
    }

    /// The buffers are complete now, so slices of them cost no copy. With thousands of sockets each one's objects have left the
    /// processor's caches since the last event: so one pass touches them once, to write, flush and look whether that went well.
    /// Sockets may close or fall out of the index while they are written to: then the rest of their pieces is dropped, and the
    /// ring gives it again.
    private func writePlanned() {
        guard !pieces.isEmpty else { return }
        var planned: [Piece] = []
        swap(&planned, &pieces)
        var sums = DeliverySums()
        do {
            let (webSocket, eventStream) = (webSocketFrames.buffer, eventStreamFrames.buffer)
            let now = loop.now
            for number in planned.indices {
                if number + HubShard.lookahead < planned.count {
                    planned[number + HubShard.lookahead].footprint.prefetch()
                }
                let piece = planned[number]
                let source = piece.subscriber.style == .webSocket ? webSocket : eventStream
                write(piece, isLast: piece.subscriber.lastPiece == number, of: source, now: now, &sums)
            }
        }
        count(sums)
        planned.removeAll(keepingCapacity: true)
        swap(&planned, &pieces)
        webSocketFrames.clear()
        eventStreamFrames.clear()
    }

    /// - Parameter isLast: of its subscriber's in this drain: the flush goes with it.
    @inline(__always)
    private func write(
        _ piece: Piece,
        isLast: Bool,
        of source: ByteBuffer,
        now: NIODeadline,
        _ sums: inout DeliverySums
    ) {
        let subscriber = piece.subscriber
        if isLast { subscriber.lastPiece = -1 }
        guard subscriber.machine.isLive,
            let slice = source.getSlice(at: piece.bytes.lowerBound, length: piece.bytes.count)
        else { return }
        if piece.last != nil { subscriber.lastIDAt = now }
        subscriber.writtenThrough = piece.last ?? delivered
        if isLast {
            subscriber.writeAndFlush(slice, last: piece.last)
        } else {
            subscriber.write(slice, last: piece.last)
        }
        sums.add(piece.bytes.count, to: subscriber.output)
        if subscriber.machine.isLive, !subscriber.output.isWritable { demote(subscriber) }
    }

    private func count(_ sums: DeliverySums) {
        core.metrics.bytesOut.increment(by: sums.bytes)
        if sums.webSocket > 0 { core.metrics.deliveries[.webSocket]?.live.increment(by: sums.webSocket) }
        if sums.eventStream > 0 { core.metrics.deliveries[.eventStream]?.live.increment(by: sums.eventStream) }
        if sums.longPoll > 0 { core.metrics.deliveries[.longPoll]?.live.increment(by: sums.longPoll) }
    }

    private func demote(_ subscriber: Subscriber) {
        guard subscriber.machine.demote(at: subscriber.writtenThrough) else { return }
        subscriber.flush()
        leaveIndex(subscriber)
        subscriber.owed = subscriber.output.unflushedBytes
        subscriber.progressAt = loop.now
        noteSlow(subscriber, "live connection is slow")
        core.metrics.reading.increment()
        // It may have become writable within the flush, and nobody would say so again.
        if subscriber.output.isWritable { enqueue(subscriber) }
    }

    /// The queue of batches was dropped: everybody live reads on from the ring, from where the last batch left them.
    func fallBehind(to position: Cursor) {
        core.logger.warning(
            "live loop is behind; connections read from the ring",
            metadata: ["from": "\(delivered)", "to": "\(position)", "connections": "\(subscribers.count)"]
        )
        for subscriber in subscribers where subscriber.machine.demote(at: delivered) {
            leaveIndex(subscriber)
            core.metrics.reading.increment()
            enqueue(subscriber)
        }
        delivered = position
        wakeAhead()
    }
}
