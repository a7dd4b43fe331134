// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import EventLog
import Foundation
import Notifications
import Store
import StrictJSON
import Testing

@Suite("Which events become whose notices")
struct NoticeRulesTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let type: String
        let assignee: String?
        let actor: String?
        let told: [String]
        let title: String
        var testDescription: String {
            "\(self.type) of ana's, assignee \(self.assignee ?? "-"), by \(self.actor ?? "time")"
        }
    }

    static let cases: [Case] = [
        Case(type: "task.created", assignee: nil, actor: "ana", told: ["ana"], title: "New task: Tea"),
        Case(type: "task.created", assignee: "ben", actor: "ana", told: ["ana"], title: "New task: Tea"),
        Case(type: "task.assigned", assignee: "ben", actor: "ana", told: ["ben"], title: "Assigned to you: Tea"),
        Case(type: "task.assigned", assignee: nil, actor: "ana", told: [], title: ""),
        Case(type: "task.completed", assignee: nil, actor: "ana", told: ["ana"], title: "Done: Tea"),
        Case(type: "task.completed", assignee: "ana", actor: "ana", told: ["ana"], title: "Done: Tea"),
        Case(type: "task.completed", assignee: "ben", actor: "ben", told: ["ana"], title: "Done: Tea"),
        Case(type: "task.completed", assignee: "ben", actor: "ana", told: ["ben"], title: "Done: Tea"),
        Case(type: "task.completed", assignee: "ben", actor: "eve", told: ["ana", "ben"], title: "Done: Tea"),
        Case(type: "task.due", assignee: nil, actor: nil, told: ["ana"], title: "Due: Tea"),
        Case(type: "task.due", assignee: "ben", actor: nil, told: ["ben"], title: "Due: Tea"),
    ]

    @Test("The table", arguments: cases)
    func rule(_ given: Case) throws {
        let data: JSONValue = [
            "owner": "ana", "assignee": given.assignee.map { .string($0) } ?? .null,
            "actor": given.actor.map { .string($0) } ?? .null, "task": ["id": "t1", "title": "Tea"], "more": 1,
        ]
        let event = DomainEvent(id: "e", source: "/tasks", type: given.type, subject: "t1", data: data.encoded())
        let task = try #require(TaskEvent(event))
        let notices = NoticeRules.notices(for: task, now: 5, requestID: "r") { "n" }
        #expect(notices.map(\.owner) == given.told)
        #expect(notices.allSatisfy { $0.title == given.title && $0.kind.rawValue == given.type && $0.taskID == "t1" })
    }

    @Test("A digest is nobody else's event", arguments: ["digest", "task.renamed", "tasks.due", ""])
    func foreign(_ type: String) {
        #expect(!TaskEvent.isKnown(type))
        let data: JSONValue = ["owner": "ana", "task": ["id": "t1", "title": "Tea"]]
        #expect(TaskEvent(DomainEvent(id: "e", source: "/x", type: type, data: data.encoded())) == nil)
    }
}
