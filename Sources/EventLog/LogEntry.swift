// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Wire

/// One entry as read from the log.
package struct LogEntry: Sendable, Hashable {
    package enum Body: Sendable, Hashable {
        /// One JSON value, checked: UTF-8, depth ≤ 64, within the size limit. The publisher's own bytes.
        case data([UInt8])
        /// What the publisher wrote was not that; readers of the topic are told of a gap.
        case unreadable
    }

    package var id: Cursor
    package var topic: Topic
    package var body: Body
    package var key: String?

    package init(id: Cursor, topic: Topic, body: Body, key: String? = nil) {
        self.id = id
        self.topic = topic
        self.body = body
        self.key = key
    }

    /// Bytes of memory it costs, roughly: what budgets count.
    package var weight: Int {
        let data = if case .data(let bytes) = body { bytes.count } else { 0 }
        return data + topic.name.utf8.count + (key?.utf8.count ?? 0) + 64
    }
}
