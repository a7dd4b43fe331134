// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import StrictJSON

/// One page of a list: `{"items":[…],"next_cursor":…}`, `next_cursor` being `null` on the last one.
package struct TaskPage: Sendable, Hashable {
    package let items: [WorkItem]
    package let next: TaskCursor.Place?

    /// - Parameter rows: one more than the limit if there are that many, so that the end is known without a count.
    package init(rows: [WorkItem], query: TaskQuery) {
        self.items = Array(rows.prefix(query.limit))
        self.next = rows.count > query.limit ? self.items.last.map { query.sort.place(of: $0) } : nil
    }

    package func encoded(for query: TaskQuery) -> [UInt8] {
        let next: JSONValue = self.next.map { .string(TaskCursor.encode($0, for: query)) } ?? .null
        let page: JSONValue = ["items": .array(self.items.map(\.json)), "next_cursor": next]
        return page.encoded()
    }
}

extension TaskQuery.Sort {
    /// Tasks without a due time come after all others.
    package static let noDueTime = Int64.max

    package func key(of item: WorkItem) -> Int64 {
        switch self {
        case .created, .createdDescending: item.position
        case .due, .dueDescending: item.dueAt ?? Self.noDueTime
        case .updated, .updatedDescending: item.updatedAt
        }
    }

    package func place(of item: WorkItem) -> TaskCursor.Place {
        TaskCursor.Place(key: self.key(of: item), position: item.position)
    }
}
