// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore
internal import Wire

/// One event on its way to the subscribers: a place in a segment, no bytes of its own.
struct LiveRecord: Sendable {
    let segment: RingSegment
    let offset: UInt32
    let length: UInt32
    /// nil: ephemeral, so it moves nobody's cursor.
    let id: Cursor?
    let topic: RoutedTopic

    init(segment: RingSegment, record: RingRecord, isEphemeral: Bool) {
        self.segment = segment
        offset = record.offset
        length = record.length
        id = isEphemeral ? nil : record.id
        topic = record.topic
    }

    /// An event that no ring keeps, in a segment of its own.
    init(ephemeral frame: FramedEntry) {
        let segment = RingSegment(capacity: frame.length, maxRecords: 1)
        frame.write(to: segment)
        self.init(segment: segment, record: segment[0], isEphemeral: true)
    }

    var frame: UnsafeRawBufferPointer {
        segment.frame(of: RingRecord(id: id ?? .zero, topic: topic, offset: offset, length: length))
    }
}

/// What the reader read in one go; shared by all loops.
final class LiveBatch: Sendable {
    let records: [LiveRecord]
    /// Where every live connection is once the batch is delivered; nil for an ephemeral batch.
    let position: Cursor?
    /// When it was read, for `delivery_seconds`.
    let readAt: NIODeadline

    init(records: [LiveRecord], position: Cursor?, readAt: NIODeadline) {
        self.records = records
        self.position = position
        self.readAt = readAt
    }
}
