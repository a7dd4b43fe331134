// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// What a publisher hands to the log.
package struct NewEvent: Sendable, Hashable {
    package var topic: Topic
    /// One JSON value; checked by the log, spliced into frames as it is.
    package var data: [UInt8]
    /// A second event of the same topic and key within 10 minutes is dropped (live.md §3).
    package var key: String?

    package init(topic: Topic, data: [UInt8], key: String? = nil) {
        self.topic = topic
        self.data = data
        self.key = key
    }
}
