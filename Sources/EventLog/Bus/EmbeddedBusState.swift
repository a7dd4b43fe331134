// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import DequeModule

/// The bus of one process: events in order, and how far each group is. Pure: time is passed in.
struct EmbeddedBusState {
    typealias Instant = ContinuousClock.Instant

    struct Delivery: Equatable {
        let number: Int
        let event: DomainEvent
        /// This one included.
        let attempt: Int
    }

    enum Next: Equatable {
        case deliver(Delivery)
        /// Nothing now; a retry is due then, if there is a time.
        case wait(until: Instant?)
    }

    private struct Entry {
        let event: DomainEvent
        /// Replayed for this group alone.
        let group: String?
    }

    private struct Group {
        /// The next event nobody of the group has had.
        var next: Int
        var order = DeliveryOrder<Int>()

        var oldestNeeded: Int { min(next, order.oldest ?? next) }
    }

    private let limits: BusLimits
    private var events: Deque<Entry> = []
    /// Number of the first event.
    private var base = 0
    private var groups: [String: Group] = [:]
    private(set) var deadLetters: Deque<DeadLetter> = []
    private var deaths = 0
    /// Grows whenever `next` might answer otherwise.
    private(set) var version: UInt64 = 0

    init(limits: BusLimits) { self.limits = limits }

    /// False: full, since some group has not done with the oldest event.
    /// - Parameter group: for this one alone; nil for all.
    mutating func publish(_ event: DomainEvent, to group: String? = nil) -> Bool {
        if events.count >= limits.retainedEvents {
            guard groups.values.allSatisfy({ $0.oldestNeeded > base }) else { return false }
            events.removeFirst()
            base += 1
        }
        events.append(Entry(event: event, group: group))
        version += 1
        return true
    }

    /// A new group starts with the oldest event that is still there.
    mutating func next(for name: String, now: Instant) -> Next {
        var group = groups[name] ?? Group(next: base)
        defer { groups[name] = group }
        while true {
            if let (number, attempt) = group.order.next(now: now) {
                return .deliver(Delivery(number: number, event: events[number - base].event, attempt: attempt))
            }
            guard group.next < base + events.count, group.order.count < limits.unfinished else {
                return .wait(until: group.order.nextDue)
            }
            let entry = events[group.next - base]
            if entry.group == nil || entry.group == name {
                group.order.add(group.next, subject: entry.event.orderKey)
            }
            group.next += 1
        }
    }

    func unfinished(of name: String) -> Int { groups[name]?.order.count ?? 0 }

    mutating func handled(_ number: Int, by name: String) {
        groups[name]?.order.handled(number)
        version += 1
    }

    mutating func failed(
        _ number: Int,
        by name: String,
        reason: String,
        counts: Bool,
        now: Instant
    ) -> DeliveryOrder<Int>.Outcome {
        version += 1
        let event = events[number - base].event
        let outcome = groups[name]?.order.failed(number, counts: counts, now: now, limits: limits) ?? .deadLetter
        if outcome == .deadLetter {
            deaths += 1
            let letter = DeadLetter(id: "\(deaths)", group: name, event: event.encoded(), reason: reason)
            deadLetters.append(letter)
            if deadLetters.count > limits.deadLetters { deadLetters.removeFirst() }
        }
        return outcome
    }

    mutating func released(_ number: Int, by name: String) {
        version += 1
        groups[name]?.order.released(number)
    }

    mutating func removeDeadLetter(_ id: String) -> DeadLetter? {
        deadLetters.firstIndex { $0.id == id }.map { deadLetters.remove(at: $0) }
    }
}
