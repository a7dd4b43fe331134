// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ServiceKit
internal import Store
internal import StrictJSON
internal import Tasks
import Testing

@Suite("What changes of tasks entail")
struct TaskRulesTests {
    private func item(
        _ edit: (inout WorkItem) -> Void = { _ in }
    ) -> WorkItem {
        var item = WorkItem(id: "t", owner: "ana", title: "a", createdAt: 1)
        edit(&item)
        return item
    }

    @Test("Facts: created, assigned when somebody new has it, completed when it was not")
    func facts() {
        func kinds(_ old: WorkItem?, _ new: WorkItem) -> [TaskFact.Kind] {
            TaskFact.facts(from: old, to: new, actor: "x").map(\.kind)
        }
        let (plain, bens, done) = (item(), item { $0.assignee = "ben" }, item { $0.state = .done })
        #expect(kinds(nil, plain) == [.created])
        #expect(kinds(nil, bens) == [.created, .assigned])
        #expect(kinds(plain, bens) == [.assigned])
        #expect(kinds(bens, bens) == [])
        #expect(kinds(bens, plain) == [])
        #expect(kinds(bens, item { $0.assignee = "cleo" }) == [.assigned])
        #expect(kinds(plain, done) == [.completed])
        #expect(kinds(done, plain) == [])
        #expect(kinds(plain, item { ($0.assignee, $0.state) = ("ben", .done) }) == [.assigned, .completed])
        #expect(kinds(plain, item { $0.title = "b" }) == [])
    }

    @Test("A fact's data names owner, assignee, actor and task, and its event the request behind it")
    func data() throws {
        let fact = TaskFact(.assigned, item { ($0.assignee, $0.labels, $0.dueAt) = ("ben", ["x"], 1000) }, actor: "ana")
        let cause = EventCause(requestID: "r-1", traceparent: "00-a")
        let event = fact.outboxEvent(at: 5, cause: cause)
        #expect(event.type == "task.assigned")
        #expect(event.subject == "t")
        #expect(event.cause == cause)
        #expect(
            try JSONScanner.parse(event.data) == [
                "owner": "ana", "assignee": "ben", "actor": "ana",
                "task": [
                    "id": "t", "title": "a", "state": "open", "labels": ["x"], "due_at": "1970-01-01T00:00:01.000Z",
                ],
            ]
        )
    }

    @Test("Reminders follow the due time, the state and the bin")
    func reminders() {
        func plan(_ old: WorkItem?, _ new: WorkItem) -> Reminder.Plan {
            Reminder.plan(from: old, to: new, lead: 100, now: 1000)
        }
        let (plain, due, later) = (item(), item { $0.dueAt = 5000 }, item { $0.dueAt = 9000 })
        let done = item { ($0.dueAt, $0.state) = (5000, .done) }
        let deleted = item { ($0.dueAt, $0.deletedAt) = (5000, 1) }
        #expect(plan(nil, plain) == .keep)
        #expect(plan(nil, due) == .schedule(at: 4900))
        #expect(plan(nil, item { $0.dueAt = 1050 }) == .schedule(at: 1000))
        #expect(plan(nil, item { $0.dueAt = 1000 }) == .keep)
        #expect(plan(plain, due) == .schedule(at: 4900))
        #expect(plan(due, due) == .keep)
        #expect(plan(due, later) == .schedule(at: 8900))
        #expect(plan(due, plain) == .withdraw)
        #expect(plan(due, done) == .withdraw)
        #expect(plan(done, due) == .schedule(at: 4900))
        #expect(plan(due, deleted) == .withdraw)
        #expect(plan(deleted, due) == .schedule(at: 4900))
        #expect(plan(due, item { $0.dueAt = 900 }) == .withdraw)
        #expect(plan(done, done) == .keep)
    }

    @Test("Entity tags are read to the letter")
    func entityTags() {
        #expect(EntityTagCondition(parsing: "*") == .any)
        let list = EntityTagCondition(parsing: #"  "a" ,W/"b","" "#)
        #expect(list?.matchesStrongly(EntityTag("a")) == true)
        #expect(list?.matchesStrongly(EntityTag("b")) == false)
        #expect(list?.matchesWeakly(EntityTag("b")) == true)
        #expect(list?.matchesWeakly(EntityTag("c")) == false)
        for wrong in ["", " ", "a", #""a"#, #"w/"a""#, #""a","#, #""a" "b""#, #"*, "a""#, "\"a\u{7f}\""] {
            #expect(EntityTagCondition(parsing: wrong) == nil, "\(wrong)")
        }
        let most = (0..<32).map { "\"\($0)\"" }.joined(separator: ", ")
        #expect(EntityTagCondition(parsing: most) != nil)
        #expect(EntityTagCondition(parsing: most + #", "x""#) == nil)
    }
}
