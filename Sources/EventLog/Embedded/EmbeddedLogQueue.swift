// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Wire

/// Appends that wait for the file, and what readers wait for. Held by `EmbeddedEventLog` under its lock.
struct EmbeddedLogQueue {
    struct Append {
        let events: [NewEvent]
        let waiter: CheckedContinuation<Result<[Appended], EventLogError>, Never>
    }

    /// Events of one transaction.
    static let groupSize = 256
    /// Events that may wait for the file; beyond it appends are refused as unavailable.
    static let capacity = 65_536

    private var waiting: [Append] = []
    private var waitingEvents = 0
    private var isCommitting = false

    var hasRoom: Bool { waitingEvents < Self.capacity }

    /// True: start committing.
    mutating func enqueue(_ append: Append) -> Bool {
        waiting.append(append)
        waitingEvents += append.events.count
        defer { isCommitting = true }
        return !isCommitting
    }

    /// What has gathered while the last group was being committed; nil ends the committing.
    mutating func nextGroup() -> [Append]? {
        guard !waiting.isEmpty else {
            isCommitting = false
            return nil
        }
        var events = 0
        let count = waiting.prefix { append in
            defer { events += append.events.count }
            return events == 0 || events + append.events.count <= Self.groupSize
        }.count
        let group = Array(waiting.prefix(count))
        waiting.removeFirst(count)
        waitingEvents -= group.reduce(0) { $0 + $1.events.count }
        return group
    }
}
