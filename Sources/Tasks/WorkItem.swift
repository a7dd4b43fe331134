// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ServiceKit
package import StrictJSON

/// One task of one user. (`Task` is Swift's.)
package struct WorkItem: Sendable, Hashable {
    /// What clients know it by.
    package let id: String
    /// The order of creation; page cursors are made of it. Zero until stored.
    package var position: Int64
    /// The user's id: the subject of the token that created it.
    package let owner: String
    package let title: String
    package let notes: String?
    /// Unix milliseconds, as are the other times.
    package let dueAt: Int64?
    package let createdAt: Int64

    package init(
        id: String,
        position: Int64 = 0,
        owner: String,
        title: String,
        notes: String?,
        dueAt: Int64?,
        createdAt: Int64
    ) {
        self.id = id
        self.position = position
        self.owner = owner
        self.title = title
        self.notes = notes
        self.dueAt = dueAt
        self.createdAt = createdAt
    }

    /// As its owner sees it.
    package var json: JSONValue {
        [
            "id": .string(self.id),
            "title": .string(self.title),
            "notes": self.notes.map { .string($0) } ?? .null,
            "due_at": self.dueAt.map { .string(Instant.text(milliseconds: $0)) } ?? .null,
            "created_at": .string(Instant.text(milliseconds: self.createdAt)),
        ]
    }
}
