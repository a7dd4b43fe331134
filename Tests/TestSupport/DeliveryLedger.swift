// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import StrictJSON

/// The reference model of the live protocol (live.md §2): what was published, what each client was given, and whether every
/// id came exactly once per connection, or under a gap that covers it. Knows nothing of how it is done.
package struct DeliveryLedger: Sendable {
    package struct Position: Hashable, Comparable, Sendable, CustomStringConvertible {
        let milliseconds: UInt64
        let sequence: UInt64

        package init?(_ text: String) {
            let parts = text.split(separator: "-")
            guard parts.count == 2, let first = UInt64(parts[0]), let second = UInt64(parts[1]) else { return nil }
            (milliseconds, sequence) = (first, second)
        }

        package static func < (a: Position, b: Position) -> Bool {
            (a.milliseconds, a.sequence) < (b.milliseconds, b.sequence)
        }

        package var description: String { "\(milliseconds)-\(sequence)" }
    }

    private struct Client: Sendable {
        let wants: @Sendable (String) -> Bool
        /// From here on it answers for every id.
        var start: Position?
        var cursor: Position?
        var delivered: Set<Position> = []
        /// What gaps covered: after the first, up to the second.
        var gaps: [(after: Position, through: Position)] = []
        /// Of a log that is no more.
        var covered: Set<Position> = []
        /// How much had been published when the last event that it was given was.
        var order = 0
        var lastOnConnection: Position?
    }

    private var published: [(id: Position, topic: String)] = []
    /// Of each id among the published ones.
    private var places: [Position: Int] = [:]
    private var clients: [Int: Client] = [:]
    private var faults: [String] = []

    /// How many events back a reset reaches beyond the last one that a client had.
    private let lookback: Int

    /// - Parameter lookback: a log that begins anew is noticed at a reader's next check at the latest. Where the clock had been
    ///   ahead, ids of before and after look alike until then, so that later events may come before the word that earlier ones are lost.
    package init(lookback: Int = 0) { self.lookback = lookback }

    /// - Parameter wants: the topics that the client subscribed to.
    package mutating func add(client: Int, wants: @escaping @Sendable (String) -> Bool) {
        clients[client] = Client(wants: wants)
    }

    /// The log acknowledged it.
    package mutating func published(_ id: String, topic: String) {
        guard let id = Position(id) else { return faults.append("\(id) is no id") }
        places[id] = published.count
        published.append((id, topic))
    }

    /// A new connection of that client: on each, ids only rise.
    package mutating func connected(client: Int) { clients[client]?.lastOnConnection = nil }

    /// What the client resumes with; nil before its first `hello`.
    package func cursor(of client: Int) -> String? { clients[client]?.cursor?.description }

    package mutating func received(_ frame: JSONValue, by number: Int) {
        guard var client = clients[number] else { return }
        defer { clients[number] = client }
        let id = frame["id"]?.string.flatMap(Position.init)
        switch frame["op"]?.string {
        case nil:
            guard let id, let topic = frame["topic"]?.string else { return }
            if !client.wants(topic) { faults.append("client \(number): \(id) of \(topic), which it never asked for") }
            if let last = client.lastOnConnection, id <= last {
                faults.append("client \(number): \(id) after \(last) on one connection")
            }
            client.lastOnConnection = id
            client.delivered.insert(id)
            if let place = places[id] { client.order = max(client.order, place + 1) }
        case "hello":
            if client.start == nil { client.start = id }
        case "gap":
            // One topic's gap carries the id of the entry it stands for; one of all jumps to where the stream goes on.
            guard let id else { break }
            if frame["topic"]?.string == "*" {
                let after = client.cursor ?? id
                if id >= after { client.gaps.append((after, id)) }
                // A new log whose clock is behind may look like entries that were trimmed, until somebody looks closer.
                if frame["why"]?.string == "reset" || lookback > 0 { reset(&client, to: id) }
            } else {
                client.delivered.insert(id)
            }
        default:
            break
        }
        // The one client rule.
        if let id { client.cursor = id }
    }

    /// It is another log now. Its clock may be behind the old one's, so that numbers say nothing of what came when: covered is what
    /// was published after the last event that the client had, up to where it goes on, and what else the old log still had.
    private func reset(_ client: inout Client, to id: Position) {
        guard let cursor = client.cursor else { return }
        let isBackwards = id < cursor
        for event in published[max(0, client.order - lookback)...]
        where event.id <= id || isBackwards && event.id > cursor {
            if !client.delivered.contains(event.id) { client.covered.insert(event.id) }
        }
        guard isBackwards else { return }
        client.start = client.start.map { min($0, id) }
        client.lastOnConnection = nil
    }

    /// That far it has handled everything, or was told.
    package func hasReached(_ id: String, client: Int) -> Bool {
        guard let cursor = clients[client]?.cursor, let id = Position(id) else { return false }
        return cursor >= id
    }

    /// Nothing, where the promise holds. Call when every client has come to the end.
    package var violations: [String] {
        var found = faults
        for (number, client) in clients.sorted(by: { $0.key < $1.key }) {
            guard let start = client.start, let end = client.cursor else { continue }
            for (id, topic) in published where id > start && id <= end && client.wants(topic) {
                guard !client.delivered.contains(id), !client.covered.contains(id) else { continue }
                let isCovered = client.gaps.contains { $0.after < id && id <= $0.through }
                if !isCovered { found.append("client \(number): \(id) of \(topic) is missing, and no gap covers it") }
            }
        }
        return found
    }
}
