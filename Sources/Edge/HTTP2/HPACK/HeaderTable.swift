// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import DequeModule

/// The dynamic table of RFC 7541 §2.3.2: the newest entry first, the oldest evicted. All bytes lie in one array.
struct HeaderTable {
    private struct Entry {
        let start: Int
        let nameLength: Int
        let length: Int
    }

    /// Oldest first.
    private var entries = Deque<Entry>()
    private var bytes: [UInt8] = []
    private(set) var size = 0
    private(set) var capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    var count: Int { self.entries.count }

    /// Copies an entry's bytes behind those of `block`; the length of its name. `index` counts from the newest, from 0.
    func copy(_ index: Int, nameOnly: Bool, into bytes: inout [UInt8]) -> Int? {
        guard index < self.entries.count else { return nil }
        let entry = self.entries[self.entries.count - 1 - index]
        bytes.append(contentsOf: self.bytes[entry.start..<(entry.start + (nameOnly ? entry.nameLength : entry.length))])
        return entry.nameLength
    }

    /// One larger than the table empties it (RFC 7541 §4.4).
    mutating func insert(_ field: ArraySlice<UInt8>, nameLength: Int) {
        let size = field.count + FieldBlock.overhead
        self.evict(to: self.capacity - size)
        guard size <= self.capacity else { return }
        if self.bytes.count + field.count > 4 * self.capacity { self.compact() }
        self.entries.append(Entry(start: self.bytes.count, nameLength: nameLength, length: field.count))
        self.bytes.append(contentsOf: field)
        self.size += size
    }

    mutating func resize(to capacity: Int) {
        self.capacity = capacity
        self.evict(to: capacity)
    }

    private mutating func evict(to size: Int) {
        while self.size > max(0, size), let oldest = self.entries.popFirst() {
            self.size -= oldest.length + FieldBlock.overhead
        }
    }

    private mutating func compact() {
        let first = self.entries.first?.start ?? self.bytes.count
        self.bytes.removeSubrange(..<first)
        for index in self.entries.indices {
            let entry = self.entries[index]
            self.entries[index] = Entry(start: entry.start - first, nameLength: entry.nameLength, length: entry.length)
        }
    }
}
