// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ServiceKit
package import Store
internal import StrictJSON

/// The fact `task.created`, as other services hear it: `{"owner":…,"task":{"id":…,"title":…,"due_at":…}}`.
/// Consumers rely on these names; new members may be added, none may change.
package struct TaskCreated: Sendable {
    package static let type = "task.created"

    package let item: WorkItem

    package init(_ item: WorkItem) {
        self.item = item
    }

    package var outboxEvent: OutboxEvent {
        let data: JSONValue = [
            "owner": .string(self.item.owner),
            "task": [
                "id": .string(self.item.id),
                "title": .string(self.item.title),
                "due_at": self.item.dueAt.map { .string(Instant.text(milliseconds: $0)) } ?? .null,
            ],
        ]
        return OutboxEvent(type: Self.type, subject: self.item.id, data: data.encoded(), createdAt: self.item.createdAt)
    }
}
