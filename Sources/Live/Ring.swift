// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore
internal import Synchronization
internal import Wire

/// The newest part of the log as finished frames, for every loop to read. Written by the reader of the log alone; the
/// oldest segment goes whole when the budget is exceeded.
final class Ring: Sendable {
    /// Called serially only, as `EventLogSink` promises; the mutex merely says so to the compiler and is never waited for.
    private let writer: Mutex<Writer>
    private let published: Mutex<RingSnapshot>
    private let budget: Int

    /// - Parameter budget: bytes of segments; at least one is always kept.
    init(budget: Int) {
        self.budget = max(budget, RingSegment.capacity)
        writer = Mutex(Writer())
        published = Mutex(RingSnapshot())
    }

    /// Once per turn of a loop, never per event.
    var snapshot: RingSnapshot { published.withLock { $0 } }

    /// Bytes of all segments, the open one included.
    var bytes: Int { writer.withLock { $0.bytes } }

    /// Frames the entries, and makes them readable in one step at the end.
    /// - Returns: the records, for the inboxes.
    func append(_ frames: [FramedEntry]) -> [LiveRecord] {
        var records: [LiveRecord] = []
        records.reserveCapacity(frames.count)
        let update = writer.withLock { writer in
            for frame in frames { records.append(writer.append(frame)) }
            return writer.publish(budget: budget)
        }
        published.withLock { snapshot in
            snapshot.segments = update.segments
            snapshot.floor = max(snapshot.floor, update.evicted ?? .zero)
        }
        return records
    }

    /// Where the log begins for us; nothing at or below it can be resumed past.
    func start(floor: Cursor) {
        published.withLock { $0.floor = floor }
    }

    /// Cursors below `oldest` are void from here on.
    /// - Parameter clearing: it is a new log: everything goes, and the floor with it.
    func lost(oldest: Cursor, clearing: Bool) {
        if clearing { writer.withLock { $0 = Writer() } }
        published.withLock { snapshot in
            snapshot.honoured = max(snapshot.honoured, oldest)
            guard clearing else { return }
            snapshot.segments = []
            snapshot.floor = oldest
        }
    }
}

/// One entry of the log, framed: the bytes that every WebSocket gets.
struct FramedEntry {
    let id: Cursor
    let topic: RoutedTopic
    let header: ByteBuffer
    let payload: ByteBuffer

    init(id: Cursor, topic: RoutedTopic, payload: ByteBuffer) {
        self.id = id
        self.topic = topic
        self.payload = payload
        var header = ByteBuffer()
        WebSocketFraming.writeTextHeader(length: payload.readableBytes, into: &header)
        self.header = header
    }

    var length: Int { header.readableBytes + payload.readableBytes }

    func write(to segment: RingSegment) {
        header.withUnsafeReadableBytes { header in
            payload.withUnsafeReadableBytes { payload in
                segment.append(id: id, topic: topic, header: header, payload: payload)
            }
        }
    }
}

extension Ring {
    /// The writing side.
    private struct Writer {
        private var sealed: [RingView] = []
        private var open = RingSegment()
        private var sealedBytes = 0

        var bytes: Int { sealedBytes + open.used }

        mutating func append(_ frame: FramedEntry) -> LiveRecord {
            if !open.hasRoom(for: frame.length) {
                seal()
                open = RingSegment(capacity: max(RingSegment.capacity, frame.length))
            }
            frame.write(to: open)
            return LiveRecord(segment: open, record: open[open.count - 1], isEphemeral: false)
        }

        mutating func publish(budget: Int) -> (segments: [RingView], evicted: Cursor?) {
            var evicted: Cursor?
            var gone = 0
            while gone < sealed.count, bytes > budget {
                let view = sealed[gone]
                evicted = view.segment[view.count - 1].id
                sealedBytes -= view.segment.used
                gone += 1
            }
            if gone > 0 { sealed.removeFirst(gone) }
            return (sealed + [RingView(segment: open, count: open.count, index: nil)], evicted)
        }

        private mutating func seal() {
            guard open.count > 0 else { return }
            let index = RingIndex(of: open, count: open.count)
            sealed.append(RingView(segment: open, count: open.count, index: index))
            sealedBytes += open.used
        }
    }
}
