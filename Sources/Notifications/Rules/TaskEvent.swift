// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import EventLog
internal import StrictJSON

/// What this service understands of a `task.*` event: which task, and whom it concerns. Unknown members are passed over,
/// so that the tasks service can add some.
package struct TaskEvent: Sendable, Hashable {
    package let kind: NoticeKind
    /// Who made the task.
    package let owner: String
    /// Who works on it.
    package let assignee: String?
    /// Who did what the event tells; `nil` where time did.
    package let actor: String?
    package let taskID: String
    package let title: String

    /// Whether events of this type mean anything here; others are somebody else's.
    package static func isKnown(_ type: String) -> Bool { type.hasPrefix("task.") && NoticeKind(rawValue: type) != nil }

    /// `nil` when the data is not what the contract says; no retry would change that.
    package init?(_ event: DomainEvent) {
        guard let kind = NoticeKind(rawValue: event.type), Self.isKnown(event.type),
            let value = try? JSONScanner.parse(event.data),  // why it is malformed helps nobody here
            let owner = Self.user(value["owner"]), let task = value["task"],
            let id = task["id"]?.string, (1...64).contains(id.utf8.count),
            let title = task["title"]?.string, title.utf8.count <= 4096
        else { return nil }
        self.kind = kind
        self.owner = owner
        self.assignee = Self.user(value["assignee"] ?? task["assignee"])
        self.actor = Self.user(value["actor"])
        self.taskID = id
        self.title = title
    }

    private static func user(_ value: JSONValue?) -> String? {
        guard let id = value?.string, (1...255).contains(id.utf8.count) else { return nil }
        return id
    }
}
