// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import ServiceKit
package import StrictJSON

/// One task. (`Task` is Swift's.)
package struct WorkItem: Sendable, Hashable {
    package enum State: String, Sendable, Hashable, CaseIterable {
        case open
        case inProgress = "in_progress"
        case done
    }

    /// What clients know it by.
    package let id: String
    /// The order of creation; page cursors are made of it. Zero until stored.
    package var position: Int64
    /// The user's id: the subject of the token that created it.
    package let owner: String
    package var title: String
    package var notes: String?
    package var state: State
    /// Another user's id, or the owner's.
    package var assignee: String?
    /// Distinct, in the order they were given.
    package var labels: [String]
    /// Unix milliseconds, as are the other times.
    package var dueAt: Int64?
    package let createdAt: Int64
    package var updatedAt: Int64
    package var completedAt: Int64?
    /// Set: in the bin, where only restoring is possible.
    package var deletedAt: Int64?
    /// Grows by one with each change: the ETag.
    package var version: Int64

    package init(
        id: String,
        position: Int64 = 0,
        owner: String,
        title: String,
        notes: String? = nil,
        state: State = .open,
        assignee: String? = nil,
        labels: [String] = [],
        dueAt: Int64? = nil,
        createdAt: Int64,
        updatedAt: Int64? = nil,
        completedAt: Int64? = nil,
        deletedAt: Int64? = nil,
        version: Int64 = 1
    ) {
        self.id = id
        self.position = position
        self.owner = owner
        self.title = title
        self.notes = notes
        self.state = state
        self.assignee = assignee
        self.labels = labels
        self.dueAt = dueAt
        self.createdAt = createdAt
        self.updatedAt = updatedAt ?? createdAt
        self.completedAt = completedAt
        self.deletedAt = deletedAt
        self.version = version
    }

    package var etag: EntityTag { EntityTag(version: self.version) }

    /// Somebody may still have to do it.
    package var isPending: Bool { self.deletedAt == nil && self.state != .done }

    /// As those see it who may.
    package var json: JSONValue {
        [
            "id": .string(self.id),
            "title": .string(self.title),
            "notes": self.notes.map { .string($0) } ?? .null,
            "state": .string(self.state.rawValue),
            "labels": .array(self.labels.map { .string($0) }),
            "owner": .string(self.owner),
            "assignee": self.assignee.map { .string($0) } ?? .null,
            "due_at": Self.time(self.dueAt),
            "created_at": Self.time(self.createdAt),
            "updated_at": Self.time(self.updatedAt),
            "completed_at": Self.time(self.completedAt),
            "deleted_at": Self.time(self.deletedAt),
            "version": .integer(self.version),
        ]
    }

    static func time(_ milliseconds: Int64?) -> JSONValue {
        milliseconds.map { .string(Instant.text(milliseconds: $0)) } ?? .null
    }
}
