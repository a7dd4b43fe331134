// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
package import Hummingbird
package import ServiceKit

/// Which tasks a caller asks for, in which order, and from where on.
package struct TaskQuery: Sendable, Hashable {
    package enum Sort: String, Sendable, Hashable, CaseIterable {
        case created = "created_at"
        case createdDescending = "-created_at"
        case due = "due_at"
        case dueDescending = "-due_at"
        case updated = "updated_at"
        case updatedDescending = "-updated_at"

        package var isDescending: Bool { self.rawValue.hasPrefix("-") }
    }

    package static let maximum = 100

    package let caller: Caller
    package var limit = 50
    package var sort: Sort = .createdDescending
    /// Empty: any.
    package var states: Set<WorkItem.State> = []
    /// All of them must be on the task.
    package var labels: [String] = []
    package var owner: String?
    package var assignee: String?
    package var dueBefore: Int64?
    package var dueAfter: Int64?
    /// In the title, ASCII letters in either case.
    package var text: String?
    /// The bin instead.
    package var deleted = false
    package var after: TaskCursor.Place?

    package init(caller: Caller) { self.caller = caller }

    /// 400 for every parameter we cannot serve, and for one we do not know: a filter with a typing error must not show
    /// everything.
    package init(_ request: Request, caller: Caller) throws(ProblemDetails) {
        self.init(caller: caller)
        var cursor: Substring?
        var seen: Set<Substring> = []
        for (name, value) in request.uri.queryParameters {
            guard seen.insert(name).inserted || name == "label" else {
                throw .badRequest("bad-query", "\(name.prefix(40)) is given twice.")
            }
            if name == "cursor" { cursor = value } else { try self.take(name, String(value)) }
        }
        guard self.labels.count <= 20 else { throw .badRequest("bad-query", "At most 20 labels can be asked for.") }
        if let cursor { self.after = try TaskCursor.decode(cursor, for: self) }
    }

    private mutating func take(_ name: Substring, _ value: String) throws(ProblemDetails) {
        switch name {
        case "limit":
            guard let number = Int(value), (1...Self.maximum).contains(number) else {
                throw .badRequest("bad-limit", "limit must be a whole number from 1 to \(Self.maximum).")
            }
            self.limit = number
        case "sort": self.sort = try Self.choice(name, value)
        case "state":
            for part in value.split(separator: ",", omittingEmptySubsequences: false) {
                self.states.insert(try Self.choice(name, String(part)))
            }
        case "label": self.labels.append(try Self.words(name, value, 50))
        case "owner": self.owner = self.user(try Self.words(name, value, 255))
        case "assignee": self.assignee = self.user(try Self.words(name, value, 255))
        case "due_before": self.dueBefore = try Self.time(name, value)
        case "due_after": self.dueAfter = try Self.time(name, value)
        case "q": self.text = try Self.words(name, value, 100)
        case "deleted": self.deleted = try Self.flag(name, value)
        default:
            throw .badRequest("bad-query", "\(name.prefix(40)) is not a parameter of this list.")
        }
    }

    private func user(_ value: String) -> String { value == "me" ? self.caller.subject : value }

    private static func choice<Value: RawRepresentable & CaseIterable>(
        _ name: Substring,
        _ value: String
    ) throws(ProblemDetails) -> Value where Value.RawValue == String {
        guard let choice = Value(rawValue: value) else {
            let known = Value.allCases.map(\.rawValue).joined(separator: ", ")
            throw .badRequest("bad-query", "\(name) must be one of \(known).")
        }
        return choice
    }

    private static func words(_ name: Substring, _ value: String, _ limit: Int) throws(ProblemDetails) -> String {
        guard (1...limit).contains(value.count), value.utf8.count <= limit * 16,
            !value.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else {
            throw .badRequest(
                "bad-query",
                "\(name) must have 1 to \(limit) characters, none of them a control character."
            )
        }
        return value
    }

    private static func time(_ name: Substring, _ value: String) throws(ProblemDetails) -> Int64 {
        guard let date = Instant.parse(value) else {
            throw .badRequest("bad-query", "\(name) must be a time as in RFC 3339, for example 2026-11-24T18:00:00Z.")
        }
        return Instant.milliseconds(date)
    }

    private static func flag(_ name: Substring, _ value: String) throws(ProblemDetails) -> Bool {
        guard value == "true" || value == "false" else {
            throw .badRequest("bad-query", "\(name) must be true or false.")
        }
        return value == "true"
    }
}

extension TaskQuery {
    /// What a cursor of one page has to have in common with the request for the next: everything but the page.
    var filterText: String {
        var parts = ["\(self.caller.role.rawValue) \(self.caller.subject)", self.sort.rawValue]
        parts.append(self.states.map(\.rawValue).sorted().joined(separator: ","))
        parts += self.labels.sorted()
        let words = [
            self.owner, self.assignee, self.dueBefore.map(String.init), self.dueAfter.map(String.init), self.text,
        ]
        parts += words.map { $0.map { "=\($0)" } ?? "" }
        parts.append("\(self.deleted)")
        return parts.joined(separator: "\n")
    }

    /// All of it: two requests with equal texts get equal answers from equal data.
    var wholeText: String {
        "\(self.filterText)\n\(self.limit)\n\(self.after.map { "\($0.key) \($0.position)" } ?? "")"
    }
}
