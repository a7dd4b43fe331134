// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import StrictJSON
internal import Wire

/// What may be in the log, applied on the way in (refusing) and on the way out (marking as unreadable).
struct LogRules: Sendable {
    /// Bytes of a `key`.
    static let keyBytes = 256
    /// The log's own entry that begins a new mark.
    static let markTopic = "$mark"

    let limits: LogLimits

    func check(_ events: [NewEvent]) throws(EventLogError) {
        guard events.count <= limits.batchEvents else {
            throw EventLogError(.tooBig, "\(events.count) events at once; at most \(limits.batchEvents)")
        }
        var bytes = 0
        for (index, event) in events.enumerated() {
            try check(event.data, of: event.topic, at: index)
            guard event.topic.isReserved || (try? Topic(event.topic.name)) != nil, event.topic.name != Self.markTopic
            else {
                throw EventLogError(.invalid, "event \(index): no publisher can name the topic \(event.topic.name)")
            }
            if let key = event.key, key.isEmpty || key.utf8.count > Self.keyBytes {
                throw EventLogError(.invalid, "event \(index): a key has 1 to \(Self.keyBytes) bytes")
            }
            bytes += event.data.count
        }
        guard bytes <= limits.batchBytes else {
            throw EventLogError(.tooBig, "\(bytes) bytes at once; at most \(limits.batchBytes)")
        }
    }

    func check(_ data: [UInt8], of topic: Topic, at index: Int = 0) throws(EventLogError) {
        guard data.count <= limits.dataBytes else {
            throw EventLogError(.tooBig, "event \(index): data of \(data.count) bytes; at most \(limits.dataBytes)")
        }
        do throws(JSONError) {
            try JSONScanner.validate(data, limits: JSONLimits(depth: limits.depth))
        } catch {
            throw EventLogError(.invalid, "event \(index): data is not one JSON value: \(error)")
        }
    }

    /// Unchecked bytes spliced into a frame would let a publisher forge members of it.
    func body(_ data: [UInt8]) -> LogEntry.Body {
        guard data.count <= limits.dataBytes else { return .unreadable }
        do throws(JSONError) {
            try JSONScanner.validate(data, limits: JSONLimits(depth: limits.depth))
            return .data(data)
        } catch {
            return .unreadable
        }
    }

    /// Nil for a name nobody may use.
    static func topic(_ name: String) -> Topic? {
        if name.utf8.first == UInt8(ascii: "$") { return name.utf8.count <= 200 ? Topic(reserved: name) : nil }
        // The reason does not matter here: the entry is dropped and counted.
        return try? Topic(name)
    }
}
