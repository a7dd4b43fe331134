// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// What a notice is about. Its raw value is the event's type, the live event's `type`, and the name in the preferences.
package enum NoticeKind: String, Sendable, Hashable, CaseIterable {
    /// A task of one's own was made.
    case created = "task.created"
    /// A task was given to one.
    case assigned = "task.assigned"
    /// A task that one owns, or works on, is done.
    case completed = "task.completed"
    /// A task falls due.
    case due = "task.due"
    /// What is still unread, once a day.
    case digest

    package static let names = Self.allCases.map(\.rawValue)
}
