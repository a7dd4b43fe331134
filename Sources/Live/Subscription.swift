// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Wire

/// One topic or filter of one connection.
final class Subscription {
    let filter: TopicFilter
    let key: TopicKey
    /// The connection has, or is getting, every event of it after this position.
    var from: Cursor
    /// Its place in the index's list while the connection is live; the index moves it.
    var slot = -1

    init(_ filter: TopicFilter, from: Cursor) {
        self.filter = filter
        self.key = TopicKey(filter)
        self.from = from
    }
}

@available(*, unavailable)
extension Subscription: Sendable {}
