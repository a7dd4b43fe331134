// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Event → notices: whom an event is told, and in which words. Pure.
///
/// | event | told |
/// |---|---|
/// | `task.created` | its owner |
/// | `task.assigned` | who got it |
/// | `task.completed` | owner and assignee; where these are two, not the one who did it |
/// | `task.due` | the assignee, else the owner |
package enum NoticeRules {
    /// - Parameters:
    ///   - now: Unix milliseconds.
    ///   - requestID: of the request behind the event.
    ///   - freshID: of each notice.
    package static func notices(
        for event: TaskEvent,
        now: Int64,
        requestID: String?,
        freshID: () -> String
    ) -> [Notice] {
        Self.recipients(of: event).map { owner in
            Notice(
                id: freshID(),
                owner: owner,
                kind: event.kind,
                title: Self.title(event),
                taskID: event.taskID,
                taskTitle: event.title,
                createdAt: now,
                requestID: requestID
            )
        }
    }

    private static func recipients(of event: TaskEvent) -> [String] {
        switch event.kind {
        case .created: return [event.owner]
        case .assigned: return event.assignee.map { [$0] } ?? []
        case .due: return [event.assignee ?? event.owner]
        case .completed:
            guard let assignee = event.assignee, assignee != event.owner else { return [event.owner] }
            return [event.owner, assignee].filter { $0 != event.actor }
        case .digest: return []
        }
    }

    private static func title(_ event: TaskEvent) -> String {
        switch event.kind {
        case .created: "New task: \(event.title)"
        case .assigned: "Assigned to you: \(event.title)"
        case .completed: "Done: \(event.title)"
        case .due: "Due: \(event.title)"
        case .digest: event.title
        }
    }
}
