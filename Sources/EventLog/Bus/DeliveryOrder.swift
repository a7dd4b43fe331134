// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import DequeModule

/// What a group was given and has not finished: one line for each subject, whose head alone may be handled. So a subject's events
/// stay in order while one of them is retried, and other subjects do not wait. Pure: time is passed in.
///
///     added ──► in line ──first──► ready ──next──► running ──┬─ handled ────────► gone, the next of the line is ready
///                                    ▲                      ├─ failed ─► resting ─ its time ─► ready
///                                    └────── released ──────┘└─ failed for the last time ─► gone: a dead letter
struct DeliveryOrder<ID: Hashable & Comparable & Sendable>: Sendable {
    typealias Instant = ContinuousClock.Instant

    enum Outcome: Equatable { case retry(at: Instant), deadLetter }

    private struct Item {
        let id: ID
        /// Attempts that count.
        var deliveries: Int
        /// Failures in a row, those that do not count included.
        var failures: Int
        var due: Instant?
    }

    private var lines: [String: Deque<Item>] = [:]
    /// Subjects whose head may be handled at once, in the order they became so.
    private var ready: Deque<String> = []
    private var resting: [String: Instant] = [:]
    private var running: [ID: String] = [:]
    /// All that is not finished.
    private(set) var count = 0

    /// When the first of those that rest may be handled again.
    var nextDue: Instant? { resting.values.min() }

    /// The first of all that are not finished.
    var oldest: ID? { lines.values.compactMap(\.first?.id).min() }

    /// Behind everything of its subject. - Parameter subject: `nil`: nothing waits for it, and it for nothing.
    mutating func add(_ id: ID, subject: String?, deliveries: Int = 0, due: Instant? = nil) {
        let line = subject.map { "s\($0)" } ?? "i\(id)"
        let item = Item(id: id, deliveries: deliveries, failures: deliveries, due: due)
        count += 1
        if lines[line]?.append(item) == nil {
            lines[line] = [item]
            queue(line)
        }
    }

    /// The next one to handle, which is running from now on.
    mutating func next(now: Instant) -> (id: ID, attempt: Int)? {
        for (line, due) in resting where due <= now {
            resting[line] = nil
            ready.append(line)
        }
        guard let line = ready.popFirst(), let head = lines[line]?.first else { return nil }
        running[head.id] = line
        return (head.id, head.deliveries + 1)
    }

    mutating func handled(_ id: ID) {
        guard let line = running.removeValue(forKey: id) else { return }
        finish(line)
    }

    /// - Parameter counts: false when it was not the event's fault.
    mutating func failed(_ id: ID, counts: Bool, now: Instant, limits: BusLimits) -> Outcome {
        guard let line = running.removeValue(forKey: id), var head = lines[line]?.first else { return .deadLetter }
        head.failures += 1
        if counts { head.deliveries += 1 }
        guard head.deliveries < limits.attempts else {
            finish(line)
            return .deadLetter
        }
        let due = now + limits.rest(after: head.failures)
        head.due = due
        lines[line]?[0] = head
        resting[line] = due
        return .retry(at: due)
    }

    /// Its consumer went away in the middle: at once for the next one, and not counted.
    mutating func released(_ id: ID) {
        guard let line = running.removeValue(forKey: id) else { return }
        ready.prepend(line)
    }

    private mutating func finish(_ line: String) {
        count -= 1
        lines[line]?.removeFirst()
        if lines[line]?.isEmpty == true { lines[line] = nil } else { queue(line) }
    }

    private mutating func queue(_ line: String) {
        if let due = lines[line]?.first?.due { resting[line] = due } else { ready.append(line) }
    }
}
