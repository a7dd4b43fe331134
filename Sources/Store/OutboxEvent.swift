// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation

/// Something that happened, to be told to others once the transaction that made it so has committed.
package struct OutboxEvent: Sendable, Hashable {
    /// Unique for ever: what receivers de-duplicate by.
    package var id: String
    /// For example `task.created`.
    package var type: String
    /// Whom or what it is about; the relay's owner gives it meaning (an entity's id, or a topic).
    package var subject: String
    /// One JSON value.
    package var data: [UInt8]
    /// Unix time in milliseconds.
    package var createdAt: Int64
    /// The request that made it happen.
    package var cause: EventCause

    package init(
        id: String = Self.freshID(),
        type: String,
        subject: String,
        data: [UInt8],
        createdAt: Int64,
        cause: EventCause = .none
    ) {
        self.id = id
        self.type = type
        self.subject = subject
        self.data = data
        self.createdAt = createdAt
        self.cause = cause
    }

    package static func freshID() -> String {
        UUID().uuidString.lowercased()
    }
}

/// An event at its place in the outbox.
package struct OutboxRow: Sendable, Hashable {
    /// Grows in the order of commits; never used twice in one database.
    package let position: Int64
    package let event: OutboxEvent

    package init(position: Int64, event: OutboxEvent) {
        self.position = position
        self.event = event
    }
}
