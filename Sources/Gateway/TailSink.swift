// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import EventLog
internal import NIOCore
internal import Synchronization
internal import Wire

/// One operator's `gatecast tail`: log entries and ephemeral events as SSE text, bounded.
///
/// It reads the log beside the hub, so watching costs the fan-out nothing. A reader that falls `capacity` chunks behind is cut off
/// and resumes by its last id.
final class TailSink: EventLogSink, EphemeralSink {
    /// Chunks that may wait for a slow terminal.
    static let capacity = 1024

    let chunks: AsyncStream<ByteBuffer>
    private let out: AsyncStream<ByteBuffer>.Continuation
    private let filters: [TopicFilter]
    private let since: Cursor?

    /// - Parameter filters: empty means every topic but the gateway's own.
    init(filters: [TopicFilter], since: Cursor?) {
        (chunks, out) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.capacity))
        self.filters = filters
        self.since = since
    }

    func finish() { out.finish() }

    func preload(_ tail: [LogEntry], floor: Cursor, position: Cursor) {
        guard let since else { return write { ServerFrame.sseHeartbeat(id: position, into: &$0) } }
        if since < floor { write { self.gap(.trimmed, from: since, id: floor, into: &$0) } }
        append(tail.filter { $0.id > since })
    }

    func append(_ batch: [LogEntry]) {
        guard !batch.isEmpty else { return }
        write { buffer in
            for entry in batch where self.wants(entry.topic) {
                switch entry.body {
                case .data(let data):
                    self.event(entry.id, entry.topic, data, into: &buffer)
                case .unreadable:
                    self.gap(.unreadable, topic: entry.topic.name, from: nil, id: entry.id, into: &buffer)
                }
            }
        }
    }

    func lost(_ why: GapReason, continuingAt position: Cursor, oldest: Cursor) {
        write { self.gap(why, from: nil, id: position, into: &$0) }
    }

    func ephemeral(_ topic: Topic, data: [UInt8]) {
        guard wants(topic) else { return }
        write { self.event(nil, topic, data, into: &$0) }
    }

    private func wants(_ topic: Topic) -> Bool {
        !topic.isReserved && (filters.isEmpty || filters.contains { $0.matches(topic) })
    }

    private func event(_ id: Cursor?, _ topic: Topic, _ data: [UInt8], into buffer: inout ByteBuffer) {
        var frame = ByteBuffer()
        ServerFrame.event(id: id, topic: topic, data: data, into: &frame)
        ServerFrame.sseEvent(id: id, frame: frame, into: &buffer)
    }

    private func gap(_ why: GapReason, topic: String = "*", from: Cursor?, id: Cursor?, into buffer: inout ByteBuffer) {
        var frame = ByteBuffer()
        ServerFrame.gap(topic: topic, from: from, id: id, why: why, into: &frame)
        ServerFrame.sseEvent(id: id, frame: frame, into: &buffer)
    }

    private func write(_ body: (inout ByteBuffer) -> Void) {
        var buffer = ByteBuffer()
        body(&buffer)
        guard buffer.readableBytes > 0 else { return }
        // A dropped chunk would be a silent hole: end the stream instead, the terminal comes back with its last id.
        if case .dropped = out.yield(buffer) { out.finish() }
    }
}
