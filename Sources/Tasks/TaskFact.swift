// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ServiceKit
package import Store
internal import StrictJSON

/// Something that happened to a task, as other services hear it:
/// `{"owner":…,"assignee":…,"actor":…,"task":{"id":…,"title":…,"state":…,"labels":[…],"due_at":…}}`.
/// Consumers rely on these names; new members may be added, none may change.
package struct TaskFact: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable {
        case created = "task.created"
        /// The assignee is somebody, and somebody else than before.
        case assigned = "task.assigned"
        case completed = "task.completed"
        /// Its due time is near, by the service's `REMIND_BEFORE`.
        case due = "task.due"
    }

    package let kind: Kind
    package let item: WorkItem
    /// Whose request it was; `nil` when it was time alone.
    package let actor: String?

    package init(_ kind: Kind, _ item: WorkItem, actor: String?) {
        self.kind = kind
        self.item = item
        self.actor = actor
    }

    /// What a change tells, in this order.
    /// - Parameter old: `nil` for a new task.
    package static func facts(from old: WorkItem?, to new: WorkItem, actor: String) -> [TaskFact] {
        var kinds: [Kind] = old == nil ? [.created] : []
        if new.assignee != nil, new.assignee != old?.assignee { kinds.append(.assigned) }
        if new.state == .done, old?.state != .done { kinds.append(.completed) }
        return kinds.map { TaskFact($0, new, actor: actor) }
    }

    package func outboxEvent(at now: Int64, cause: EventCause) -> OutboxEvent {
        let data: JSONValue = [
            "owner": .string(self.item.owner),
            "assignee": self.item.assignee.map { .string($0) } ?? .null,
            "actor": self.actor.map { .string($0) } ?? .null,
            "task": [
                "id": .string(self.item.id),
                "title": .string(self.item.title),
                "state": .string(self.item.state.rawValue),
                "labels": .array(self.item.labels.map { .string($0) }),
                "due_at": WorkItem.time(self.item.dueAt),
            ],
        ]
        return OutboxEvent(
            type: self.kind.rawValue,
            subject: self.item.id,
            data: data.encoded(),
            createdAt: now,
            cause: cause
        )
    }
}
