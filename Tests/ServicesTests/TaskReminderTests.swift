// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import EventLog
internal import Foundation
internal import GRDB
internal import HTTPTypes
internal import ServiceKit
internal import ServiceLifecycle
internal import Tasks
internal import TestSupport
import Testing

@testable import Store

@Suite("Reminders of due tasks")
struct TaskReminderTests {
    @Test("task.due is told once, before the due time by the set lead, after which the task may live on")
    func told() async throws {
        let service = try await TaskService(["REMIND_BEFORE": "10m"])
        let (clock, bus) = (service.clock, service.bus)
        let due = Instant.text(clock.now.addingTimeInterval(3600))
        try await service.test { ana in
            let made = try await ana.create(#"{"title":"a","due_at":"\#(due)"}"#)
            clock.advance(by: .seconds(3000 - 1))
            _ = try await ana.create(#"{"title":"b"}"#)
            clock.advance(by: .seconds(1))
            var types: [String] = []
            for await event in bus.published {
                types.append("\(event.type) \(event.subject == made.id ? "a" : "b")")
                if event.type == "task.due" { break }
            }
            #expect(types == ["task.created a", "task.created b", "task.due a"])
        }
    }

    @Test("A reminder moves with the due time, and is not told once the task is done or deleted")
    func follows() async throws {
        let service = try await TaskService(["REMIND_BEFORE": "0"])
        let (clock, bus) = (service.clock, service.bus)
        func due(_ seconds: Double) -> String { Instant.text(clock.now.addingTimeInterval(seconds)) }
        let (soon, later) = (due(100), due(500))
        try await service.test { ana in
            var made: [String: Answer] = [:]
            for title in ["moved", "done", "deleted", "cleared", "kept"] {
                made[title] = try await ana.create(#"{"title":"\#(title)","due_at":"\#(soon)"}"#)
            }
            _ = try await ana.patch(made["moved"]?.id ?? "", #"{"due_at":"\#(later)"}"#, ifMatch: "*")
            _ = try await ana.patch(made["done"]?.id ?? "", #"{"state":"done"}"#, ifMatch: "*")
            _ = try await ana.delete(made["deleted"]?.id ?? "", ifMatch: "*")
            _ = try await ana.patch(made["cleared"]?.id ?? "", #"{"due_at":null}"#, ifMatch: "*")
            clock.advance(by: .seconds(100))
            var told: [String] = []
            for await event in bus.published where event.type == "task.due" {
                told.append(made.first { $0.value.id == event.subject }?.key ?? "?")
                if told.count == 1 { clock.advance(by: .seconds(400)) }
                if told.count == 2 { break }
            }
            #expect(told == ["kept", "moved"])
        }
    }

    @Test("Ten thousand reminders due at once are told once each, while the service answers")
    func tenThousand() async throws {
        let service = try await TaskService()
        let clock = service.clock
        let database = try ServiceDatabase.open(
            path: service.harness.settings("tasks").databasePath,
            migrations: SQLiteTaskRepository.migrations
        )
        let due = Instant.milliseconds(clock.now) + 3_600_000
        try await database.write { database in
            try database.execute(
                sql: """
                    INSERT INTO work_items (id, owner, title, due_at, created_at)
                    SELECT value, 'ana', 't', :due, 1 FROM (
                        WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT 10000) SELECT * FROM n
                    );
                    INSERT INTO jobs (kind, key, payload, run_at, created_at)
                    SELECT 'task.reminder', id, CAST('{"due_at":' || due_at || '}' AS BLOB), due_at - 1, 1 FROM work_items
                    """,
                arguments: ["due": due]
            )
        }
        clock.advance(by: .seconds(3600))
        try await service.test { ana in
            try await eventually(within: .seconds(240)) {
                #expect(try await ana.list("limit=1").status == .ok)
                let told = try await database.read {
                    try Int.fetchOne($0, sql: "SELECT count(DISTINCT subject) FROM outbox WHERE type = 'task.due'")
                }
                return told == 10_000
            }
        }
        let all = try await database.read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM outbox WHERE type = 'task.due'")
        }
        #expect(all == 10_000)
    }

    @Test("The clean-up empties the bin after its time and forgets spent keys, in steps, and nothing else")
    func cleanUp() async throws {
        let service = try await TaskService(["KEEP_DELETED": "2d"])
        let clock = service.clock
        let database = try ServiceDatabase.open(
            path: service.harness.settings("tasks").databasePath,
            migrations: SQLiteTaskRepository.migrations
        )
        try await service.test { ana in
            let old = try await ana.create(#"{"title":"old","labels":["x"]}"#, key: "k")
            _ = try await ana.delete(old.id, ifMatch: "*")
            clock.advance(by: .seconds(86_400))
            let young = try await ana.create(#"{"title":"young"}"#, key: "k2")
            _ = try await ana.delete(young.id, ifMatch: "*")
            _ = try await ana.create(#"{"title":"living"}"#)
            #expect(try await ana.titles("deleted=true") == ["young", "old"])
            clock.advance(by: .seconds(86_400 + 600))
            try await eventually { try await ana.titles("deleted=true") == ["young"] }
            #expect(try await ana.titles() == ["living"])
            try await eventually {
                try await database.read { database in
                    let keys = try String.fetchAll(database, sql: "SELECT key FROM idempotency_keys")
                    let labels = try Int.fetchOne(database, sql: "SELECT count(*) FROM work_item_labels")
                    return keys.isEmpty && labels == 0
                }
            }
        }
    }
}
