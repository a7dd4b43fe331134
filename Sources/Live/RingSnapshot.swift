// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore
internal import Wire

/// A segment as one reader may see it.
struct RingView: Sendable {
    let segment: RingSegment
    /// Records below it are finished.
    let count: Int
    /// Only once the segment is sealed.
    let index: RingIndex?

    /// The first record with an id above `cursor`, or `count`.
    func firstRecord(after cursor: Cursor) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if segment[middle].id > cursor { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

/// What a loop reads from during one turn. Copying it copies references only.
struct RingSnapshot: Sendable {
    var segments: [RingView] = []
    /// Id of the last evicted record, or where the log began.
    var floor = Cursor.zero
    /// Never moves back (live.md §4).
    var honoured = Cursor.zero

    /// Cursors from here on can be resumed from.
    var oldest: Cursor { max(floor, honoured) }
}

/// What a connection wants of the ring.
struct RingQuery {
    var keys: [TopicKey]
    /// Subscriptions that had their events already, from the position given on: those are not wanted again.
    var except: [(key: TopicKey, from: Cursor)] = []

    func wants(_ record: RingRecord) -> Bool {
        guard record.topic.keys.contains(where: keys.contains) else { return false }
        return !except.contains { $0.from < record.id && record.topic.keys.contains($0.key) }
    }
}

extension RingSnapshot {
    /// Appends the frames with `position < id ≤ limit` that the query wants, until `output` holds `budget` bytes.
    /// - Returns: the last id scanned: `limit`, or that of the record at which the budget was spent.
    func read(
        after position: Cursor,
        through limit: Cursor,
        query: RingQuery,
        budget: Int,
        into output: inout FrameOutput
    ) -> Cursor {
        for view in segments where view.count > 0 && view.segment[view.count - 1].id > position {
            let first = view.firstRecord(after: position)
            let end = view.firstRecord(after: limit)
            if first >= end { break }
            if let index = view.index, end - first > 16 {
                for number in index.matches(query.keys, in: first..<end) {
                    let record = view.segment[number]
                    guard query.except.isEmpty || query.wants(record) else { continue }
                    output.append(view.segment.frame(of: record), id: record.id)
                    if output.count >= budget { return record.id }
                }
            } else {
                for number in first..<end {
                    let record = view.segment[number]
                    guard query.wants(record) else { continue }
                    output.append(view.segment.frame(of: record), id: record.id)
                    if output.count >= budget { return record.id }
                }
            }
        }
        return limit
    }
}

extension RingIndex {
    /// The records within `range` that have any of the keys, each once, ascending.
    fileprivate func matches(_ keys: [TopicKey], in range: Range<Int>) -> [Int] {
        var found: [Int] = []
        var lists = 0
        for key in keys {
            guard let list = numbers[key] else { continue }
            let before = found.count
            for number in list where range.contains(Int(number)) { found.append(Int(number)) }
            if found.count > before { lists += 1 }
        }
        guard lists > 1 else { return found }
        found.sort()
        var unique: [Int] = []
        unique.reserveCapacity(found.count)
        for number in found where number != unique.last { unique.append(number) }
        return unique
    }
}
