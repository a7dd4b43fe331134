// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import DequeModule
internal import Synchronization

/// Spans on their way out: bounded, and what does not fit is dropped and told, never waited for.
final class SpanQueue: Sendable {
    let capacity: Int
    private let spans = Mutex<Deque<SpanRecord>>([])

    init(capacity: Int) { self.capacity = capacity }

    var count: Int { self.spans.withLock { $0.count } }

    /// How many found no place.
    func append(_ new: [SpanRecord]) -> Int {
        self.spans.withLock { spans in
            let room = max(0, self.capacity - spans.count)
            spans.append(contentsOf: new.prefix(room))
            return max(0, new.count - room)
        }
    }

    func take(atMost limit: Int) -> [SpanRecord] {
        self.spans.withLock { spans in
            let batch = Array(spans.prefix(limit))
            spans.removeFirst(batch.count)
            return batch
        }
    }
}
