// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import ServiceKit

/// What a request wants of a task: the members of a merge patch (RFC 7396) that were there, checked.
package struct TaskPatch: Sendable, Hashable {
    package static let mediaTypes = ["application/merge-patch+json", "application/json"]

    /// A member that was there; `nil` inside for `null`.
    package enum Member<Value: Sendable & Hashable>: Sendable, Hashable {
        case absent
        case given(Value)
    }

    package var title: Member<String> = .absent
    package var notes: Member<String?> = .absent
    package var state: Member<WorkItem.State> = .absent
    package var assignee: Member<String?> = .absent
    package var labels: Member<[String]> = .absent
    package var dueAt: Member<Int64?> = .absent

    /// Unknown members and wrong types are 422, all of them named.
    package init(_ body: inout JSONBody) throws(ProblemDetails) {
        self.title = Self.member("title", &body) { $0.taskTitle() }
        self.notes = Self.member("notes", &body) { $0.taskNotes() }
        self.state = Self.member("state", &body) { $0.choice("state", default: WorkItem.State.open) }
        self.assignee = Self.member("assignee", &body) { $0.taskAssignee() }
        self.labels = Self.member("labels", &body) { $0.taskLabels() }
        self.dueAt = Self.member("due_at", &body) { $0.taskDueAt() }
        try body.finish()
    }

    /// The task as it would be. Completing stamps the time, reopening removes it.
    package func applied(to item: WorkItem, at now: Int64) -> WorkItem {
        var item = item
        if case .given(let title) = self.title { item.title = title }
        if case .given(let notes) = self.notes { item.notes = notes }
        if case .given(let assignee) = self.assignee { item.assignee = assignee }
        if case .given(let labels) = self.labels { item.labels = labels }
        if case .given(let dueAt) = self.dueAt { item.dueAt = dueAt }
        if case .given(let state) = self.state, state != item.state {
            item.state = state
            item.completedAt = state == .done ? now : nil
        }
        return item
    }

    private static func member<Value>(
        _ name: String,
        _ body: inout JSONBody,
        _ read: (inout JSONBody) -> Value
    ) -> Member<Value> {
        body.contains(name) ? .given(read(&body)) : .absent
    }
}

/// The members that creating and changing have in common.
extension JSONBody {
    package mutating func taskTitle() -> String { self.string("title", 1...200) }

    package mutating func taskNotes() -> String? {
        self.optionalString("notes", 0...10_000).flatMap { $0.isEmpty ? nil : $0 }
    }

    package mutating func taskAssignee() -> String? { self.optionalString("assignee", 1...255) }

    package mutating func taskLabels() -> [String] { self.optionalStrings("labels", count: 0...20, each: 1...50) ?? [] }

    package mutating func taskDueAt() -> Int64? { self.optionalInstant("due_at").map(Instant.milliseconds) }
}
