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

    enum Outcome: Equatable { case retry(at: Instant), deadLetter }

    private struct Group {
        /// The next event nobody of the group has had.
        var next: Int
        /// Deliveries so far of those being handled.
        var running: [Int: Int] = [:]
        var resting: [Int: (deliveries: Int, due: Instant)] = [:]

        var oldestNeeded: Int {
            min(next, running.keys.min() ?? next, resting.keys.min() ?? next)
        }
    }

    private let limits: BusLimits
    private var events: Deque<DomainEvent> = []
    /// Number of the first event.
    private var base = 0
    private var groups: [String: Group] = [:]
    private(set) var deadLetters: Deque<DomainEvent> = []
    /// Grows whenever `next` might answer otherwise.
    private(set) var version: UInt64 = 0

    init(limits: BusLimits) { self.limits = limits }

    /// False: full, since some group has not done with the oldest event.
    mutating func publish(_ event: DomainEvent) -> Bool {
        if events.count >= limits.retainedEvents {
            guard groups.values.allSatisfy({ $0.oldestNeeded > base }) else { return false }
            events.removeFirst()
            base += 1
        }
        events.append(event)
        version += 1
        return true
    }

    /// A new group starts with the oldest event that is still there.
    mutating func next(for name: String, now: Instant) -> Next {
        var group = groups[name] ?? Group(next: base)
        defer { groups[name] = group }
        if let (number, rest) = group.resting.filter({ $0.value.due <= now }).min(by: { $0.key < $1.key }) {
            group.resting[number] = nil
            group.running[number] = rest.deliveries + 1
            return .deliver(Delivery(number: number, event: events[number - base], attempt: rest.deliveries + 1))
        }
        guard group.next < base + events.count else { return .wait(until: group.resting.values.map(\.due).min()) }
        let number = group.next
        group.next += 1
        group.running[number] = 1
        return .deliver(Delivery(number: number, event: events[number - base], attempt: 1))
    }

    mutating func handled(_ number: Int, by name: String) {
        groups[name]?.running[number] = nil
        version += 1
    }

    mutating func failed(_ number: Int, by name: String, now: Instant) -> Outcome {
        version += 1
        let deliveries = groups[name]?.running.removeValue(forKey: number) ?? 1
        guard deliveries < limits.attempts else {
            deadLetters.append(events[number - base])
            if deadLetters.count > limits.deadLetters { deadLetters.removeFirst() }
            return .deadLetter
        }
        let due = now + limits.rest(after: deliveries)
        groups[name]?.resting[number] = (deliveries, due)
        return .retry(at: due)
    }

    /// The consumer went away in the middle: at once for the next one, and not counted.
    mutating func released(_ number: Int, by name: String, now: Instant) {
        version += 1
        guard let deliveries = groups[name]?.running.removeValue(forKey: number) else { return }
        groups[name]?.resting[number] = (deliveries - 1, now)
    }
}
