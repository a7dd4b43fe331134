// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import DequeModule
internal import NIOCore

/// The commands on one connection whose replies are due, in the order they were written. Pure: `Waiter` is the
/// exchange, or a `String` in tests.
struct PendingReplies<Waiter> {
    struct Entry {
        let waiter: Waiter
        let bytes: Int
        let deadline: NIODeadline
    }

    let maximumCount: Int
    let maximumBytes: Int
    private var entries: Deque<Entry> = []
    private(set) var bytes = 0

    init(maximumCount: Int, maximumBytes: Int) {
        self.maximumCount = maximumCount
        self.maximumBytes = maximumBytes
    }

    var count: Int { entries.count }

    /// The bound on bytes is looked at before a write, so one call may pass it, by its own size.
    func hasRoom(for count: Int) -> Bool {
        entries.count + count <= maximumCount && bytes < maximumBytes
    }

    mutating func append(_ waiter: Waiter, bytes: Int, deadline: NIODeadline) {
        entries.append(Entry(waiter: waiter, bytes: bytes, deadline: deadline))
        self.bytes += bytes
    }

    /// Nil: nobody asked for this reply.
    mutating func popFirst() -> Waiter? {
        guard let first = entries.popFirst() else { return nil }
        bytes -= first.bytes
        return first.waiter
    }

    mutating func removeAll() -> [Waiter] {
        defer {
            entries.removeAll()
            bytes = 0
        }
        return entries.map(\.waiter)
    }

    /// Not the head's alone: a command behind one that blocks may be due first.
    var nextDeadline: NIODeadline? { entries.lazy.map(\.deadline).min() }
}
