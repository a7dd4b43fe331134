// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// When somebody hears that a task is due soon. Pure; times are Unix milliseconds.
package enum Reminder {
    package enum Plan: Sendable, Hashable {
        case keep
        case schedule(at: Int64)
        case withdraw
    }

    package static let kind = "task.reminder"

    /// - Parameters:
    ///   - old: `nil` for a new task.
    ///   - lead: how long before the due time.
    package static func plan(from old: WorkItem?, to new: WorkItem, lead: Int64, now: Int64) -> Plan {
        let (before, after) = (old.flatMap(Self.due), Self.due(new))
        guard before != after else { return .keep }
        // A time that has passed already is news to nobody.
        guard let after, after > now else { return before == nil ? .keep : .withdraw }
        return .schedule(at: max(now, after - lead))
    }

    /// Whether a reminder made for `due` still tells the truth.
    package static func isStillTrue(_ item: WorkItem, due: Int64) -> Bool { self.due(item) == due }

    private static func due(_ item: WorkItem) -> Int64? { item.isPending ? item.dueAt : nil }
}
