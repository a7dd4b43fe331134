// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Wire

/// Entries of the stream into entries of the log: checked once per node, repeated keys dropped.
struct StreamDecoder {
    struct Batch {
        var entries: [LogEntry] = []
        /// The log's own `$mark` entries.
        var marks: [Cursor] = []
        var dropped = 0
        var duplicates = 0
        var unreadable = 0
    }

    private let rules: LogRules
    private var keys: KeyMemory

    init(limits: LogLimits) {
        rules = LogRules(limits: limits)
        keys = KeyMemory(lifetime: limits.keyLifetime, capacity: limits.keys)
    }

    mutating func decode(_ raw: [StreamEntry]) -> Batch {
        var batch = Batch()
        batch.entries.reserveCapacity(raw.count)
        for entry in raw {
            guard let topic = entry.text("topic").flatMap(LogRules.topic) else {
                batch.dropped += 1
                continue
            }
            guard topic.name != LogRules.markTopic else {
                batch.marks.append(entry.id)
                continue
            }
            let key = entry.text("key").flatMap { (1...LogRules.keyBytes).contains($0.utf8.count) ? $0 : nil }
            if let key {
                if keys.known(topic, key, now: entry.id.milliseconds) != nil {
                    batch.duplicates += 1
                    continue
                }
                keys.remember(topic, key, entry.id)
            }
            let body = entry["data"].map(rules.body) ?? .unreadable
            if body == .unreadable { batch.unreadable += 1 }
            batch.entries.append(LogEntry(id: entry.id, topic: topic, body: body, key: key))
        }
        return batch
    }

    /// For another log: what came before says nothing about it.
    mutating func forget() { keys.removeAll() }
}
