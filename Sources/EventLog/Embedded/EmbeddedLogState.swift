// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import DequeModule
internal import Wire

/// The embedded log's ids, entries and bounds. Pure: time is passed in, storage and readers are elsewhere.
struct EmbeddedLogState {
    /// What an append came to, before it is visible.
    struct Assignment {
        var answers: [Appended] = []
        var entries: [LogEntry] = []
    }

    enum Next {
        case entries([LogEntry])
        /// Retention overtook this reader: it goes on after `floor`.
        case overtaken(floor: Cursor)
        case upToDate
    }

    let mark: Cursor
    /// The newest id given out, visible or not.
    private(set) var assigned: Cursor
    /// The newest visible id.
    private(set) var last: Cursor
    /// The last id evicted; the mark while none was.
    private(set) var floor: Cursor
    private var entries: Deque<LogEntry> = []
    private var weight = 0
    private var keys: KeyMemory
    private let limits: LogLimits

    init(mark: Cursor, floor: Cursor, limits: LogLimits) {
        self.mark = mark
        self.floor = max(mark, floor)
        self.last = self.floor
        self.assigned = self.floor
        self.limits = limits
        self.keys = KeyMemory(lifetime: limits.keyLifetime, capacity: limits.keys)
    }

    /// Entries of an earlier life, in order.
    mutating func restore(_ stored: [LogEntry]) {
        for entry in stored {
            if let key = entry.key { keys.remember(entry.topic, key, entry.id) }
        }
        publish(stored)
    }

    /// Gives ids: never below one given before, even if the clock was set back.
    mutating func assign(_ events: [NewEvent], now: UInt64) -> Assignment {
        var assignment = Assignment()
        for event in events {
            let time = max(now, assigned.milliseconds)
            if let key = event.key, let known = keys.known(event.topic, key, now: time) {
                assignment.answers.append(Appended(id: known, duplicate: true))
                continue
            }
            let fresh = Cursor(milliseconds: time, sequence: 0)
            let id = fresh > assigned ? fresh : assigned.next()
            assigned = id
            if let key = event.key { keys.remember(event.topic, key, id) }
            assignment.entries.append(LogEntry(id: id, topic: event.topic, body: .data(event.data), key: event.key))
            assignment.answers.append(Appended(id: id, duplicate: false))
        }
        return assignment
    }

    /// Makes assigned entries visible, and forgets the oldest beyond the bounds: never the newest, whose id must stay
    /// known.
    mutating func publish(_ fresh: [LogEntry]) {
        for entry in fresh {
            entries.append(entry)
            weight += entry.weight
            last = entry.id
        }
        assigned = max(assigned, last)
        let retention = limits.retention.wholeMilliseconds
        while entries.count > 1, let first = entries.first,
            weight > limits.retainedBytes || first.id.milliseconds + retention < last.milliseconds
        {
            entries.removeFirst()
            weight -= first.weight
            floor = first.id
        }
    }

    /// The write failed: these ids are never seen, their keys are free again.
    mutating func withdraw(_ fresh: [LogEntry]) {
        for entry in fresh {
            if let key = entry.key { keys.forget(entry.topic, key, entry.id) }
        }
    }

    var tail: [LogEntry] { Array(entries) }

    var extent: LogExtent { LogExtent(first: floor, last: last, mark: mark) }

    func next(after position: Cursor, limit: Int) -> Next {
        if position < floor { return .overtaken(floor: floor) }
        if position >= last { return .upToDate }
        var low = entries.startIndex
        var high = entries.endIndex
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].id > position { high = middle } else { low = middle + 1 }
        }
        return .entries(Array(entries[low..<min(entries.endIndex, low + limit)]))
    }
}
