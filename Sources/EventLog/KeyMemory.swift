// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import DequeModule
internal import Wire

/// The keys of late, per topic, and the id each was first seen with. Pure; its time is that of the ids.
struct KeyMemory {
    private struct Name: Hashable {
        let topic: String
        let key: String
    }

    private let lifetime: UInt64
    private let capacity: Int
    private var ids: [Name: Cursor] = [:]
    private var order: Deque<(name: Name, id: Cursor)> = []

    init(lifetime: Duration, capacity: Int) {
        self.lifetime = lifetime.wholeMilliseconds
        self.capacity = capacity
    }

    var count: Int { ids.count }

    /// The id this key was first seen with, if that is remembered.
    /// - Parameter now: Unix milliseconds, as the log counts them.
    func known(_ topic: Topic, _ key: String, now: UInt64) -> Cursor? {
        guard let id = ids[Name(topic: topic.name, key: key)] else { return nil }
        return now < id.milliseconds + lifetime ? id : nil
    }

    mutating func remember(_ topic: Topic, _ key: String, _ id: Cursor) {
        let name = Name(topic: topic.name, key: key)
        ids[name] = id
        order.append((name, id))
        while let first = order.first, order.count > capacity || first.id.milliseconds + lifetime <= id.milliseconds {
            order.removeFirst()
            // The name may have come again since, under a later id.
            if ids[first.name] == first.id { ids[first.name] = nil }
        }
    }

    /// After a failed write: as if the key had not been seen.
    mutating func forget(_ topic: Topic, _ key: String, _ id: Cursor) {
        let name = Name(topic: topic.name, key: key)
        if ids[name] == id { ids[name] = nil }
    }

    mutating func removeAll() {
        ids.removeAll()
        order.removeAll()
    }
}

extension Duration {
    /// Rounded down; negative durations are 0.
    var wholeMilliseconds: UInt64 {
        let (seconds, attoseconds) = components
        return UInt64(max(0, seconds)) * 1000 + UInt64(max(0, attoseconds)) / 1_000_000_000_000_000
    }
}
