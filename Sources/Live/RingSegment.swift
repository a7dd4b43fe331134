// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Wire

/// One event in a segment: where its finished WebSocket frame lies.
struct RingRecord {
    let id: Cursor
    let topic: RoutedTopic
    let offset: UInt32
    let length: UInt32
}

/// 256 KiB of finished, unmasked WebSocket frames and the table of what lies where. Server frames are equal for every
/// client, so header and all can be kept (RFC 6455 §5.1).
///
/// Checked by hand, since the memory is raw: the one writer touches only what lies beyond `count` and `used`; readers
/// touch only what lies below a `count` that the writer handed them under a mutex (the ring's or an inbox'), which
/// orders the writes before the reads. Nothing is written twice, nothing is freed before the last reference is gone.
final class RingSegment: @unchecked Sendable {
    static let capacity = 256 * 1024
    static let maxRecords = 4096

    private let memory: UnsafeMutableRawBufferPointer
    private let records: UnsafeMutablePointer<RingRecord>
    private let maxRecords: Int
    /// The writer's own.
    private(set) var used = 0
    private(set) var count = 0

    init(capacity: Int = RingSegment.capacity, maxRecords: Int = RingSegment.maxRecords) {
        memory = .allocate(byteCount: capacity, alignment: 16)
        records = .allocate(capacity: maxRecords)
        self.maxRecords = maxRecords
    }

    deinit {
        records.deinitialize(count: count)
        records.deallocate()
        memory.deallocate()
    }

    func hasRoom(for length: Int) -> Bool { count < maxRecords && memory.count - used >= length }

    /// Writer only; the caller has asked `hasRoom`.
    func append(id: Cursor, topic: RoutedTopic, header: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer) {
        let length = header.count + payload.count
        precondition(hasRoom(for: length), "a record does not fit its segment")
        let target = UnsafeMutableRawBufferPointer(rebasing: memory[used..<used + length])
        UnsafeMutableRawBufferPointer(rebasing: target[..<header.count]).copyMemory(from: header)
        UnsafeMutableRawBufferPointer(rebasing: target[header.count...]).copyMemory(from: payload)
        let record = RingRecord(id: id, topic: topic, offset: UInt32(used), length: UInt32(length))
        (records + count).initialize(to: record)
        used += length
        count += 1
    }

    /// Readers: `index` below a count they were handed.
    subscript(index: Int) -> RingRecord { records[index] }

    /// The frame of that record; valid while the segment is held.
    func frame(of record: RingRecord) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: memory[Int(record.offset)..<Int(record.offset) + Int(record.length)])
    }
}

/// The topics of a sealed segment: for each key the numbers of its records, ascending. A replay costs what matches.
final class RingIndex: Sendable {
    let numbers: [TopicKey: [UInt16]]

    init(of segment: RingSegment, count: Int) {
        var numbers: [TopicKey: [UInt16]] = [:]
        for number in 0..<count {
            for key in segment[number].topic.keys { numbers[key, default: []].append(UInt16(number)) }
        }
        self.numbers = numbers
    }
}
