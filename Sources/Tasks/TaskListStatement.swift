// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import GRDB

/// A query as SQL. What a user sees is two walks along an index, one over his own tasks and one over those given to him, each cut at
/// the page's length and then merged: no page sorts more than two pages of rows, however many there are.
struct TaskListStatement: Sendable {
    private(set) var sql = ""
    private(set) var arguments: [any DatabaseValueConvertible & Sendable] = []

    private let query: TaskQuery

    init(_ query: TaskQuery) {
        self.query = query
        let walks = Self.walks(query)
        let parts = walks.map { walk in "SELECT * FROM (\(self.select(walk)))" }
        self.sql = parts.joined(separator: " UNION ALL ")
        if walks.count > 1 {
            self.sql = "SELECT * FROM (\(self.sql)) ORDER BY \(self.order) LIMIT ?"
            self.arguments.append(query.limit + 1)
        }
    }

    /// Conditions that name the rows of one walk.
    private typealias Walk = [(sql: String, value: String)]

    private static func walks(_ query: TaskQuery) -> [Walk] {
        let subject = query.caller.subject
        var asked: Walk = []
        if let owner = query.owner { asked.append(("owner = ?", owner)) }
        if let assignee = query.assignee { asked.append(("assignee = ?", assignee)) }
        // Others' bins are an admin's business alone.
        let seesAll = query.deleted ? query.caller.role == .admin : query.caller.seesEverything
        if seesAll || query.owner == subject { return [asked] }
        let own: Walk = [("owner = ?", subject)] + asked
        let given: Walk = [("assignee = ?", subject), ("owner != ?", subject)] + asked
        if query.deleted { return [own] }
        if query.owner != nil { return [given] }
        return [own, given]
    }

    private var column: String {
        switch self.query.sort {
        case .created, .createdDescending: "position"
        case .due, .dueDescending: "due_key"
        case .updated, .updatedDescending: "updated_at"
        }
    }

    private var order: String {
        let direction = self.query.sort.isDescending ? "DESC" : "ASC"
        return self.column == "position"
            ? "position \(direction)" : "\(self.column) \(direction), position \(direction)"
    }

    private mutating func select(_ walk: Walk) -> String {
        var conditions = [self.query.deleted ? "deleted_at IS NOT NULL" : "deleted_at IS NULL"]
        for (sql, value) in walk {
            conditions.append(sql)
            self.arguments.append(value)
        }
        self.addFilters(to: &conditions)
        self.addPlace(to: &conditions)
        self.arguments.append(self.query.limit + 1)
        return """
            SELECT \(SQLiteTaskRepository.columns), due_key FROM work_items \
            WHERE \(conditions.joined(separator: " AND ")) ORDER BY \(self.order) LIMIT ?
            """
    }

    private mutating func addFilters(to conditions: inout [String]) {
        let query = self.query
        if !query.states.isEmpty {
            conditions.append("state IN (\(databaseQuestionMarks(count: query.states.count)))")
            for state in query.states.map(\.rawValue).sorted() { self.arguments.append(state) }
        }
        for label in query.labels {
            conditions.append(
                "EXISTS (SELECT 1 FROM work_item_labels l WHERE l.position = work_items.position AND l.label = ?)"
            )
            self.arguments.append(label)
        }
        if let time = query.dueBefore {
            conditions.append("due_key < ?")
            self.arguments.append(time)
        }
        if let time = query.dueAfter {
            conditions.append("due_at >= ?")
            self.arguments.append(time)
        }
        if let text = query.text {
            conditions.append("instr(lower(title), lower(?)) > 0")
            self.arguments.append(text)
        }
    }

    private mutating func addPlace(to conditions: inout [String]) {
        guard let place = self.query.after else { return }
        let sign = self.query.sort.isDescending ? "<" : ">"
        if self.column == "position" {
            conditions.append("position \(sign) ?")
        } else {
            conditions.append("(\(self.column), position) \(sign) (?, ?)")
            self.arguments.append(place.key)
        }
        self.arguments.append(place.position)
    }
}
