// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import EventLog
internal import Foundation
internal import GRDB
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdTesting
import Notifications
internal import ServiceKit
internal import Store
internal import StrictJSON
import Testing
internal import Wire

@Suite("The notifications service")
struct NotificationsTests {
    private static func created(_ id: String, owner: String = "ana", title: String = "Buy milk") -> DomainEvent {
        let data: JSONValue = ["owner": .string(owner), "task": ["id": "t1", "title": .string(title)]]
        return DomainEvent(id: id, source: "/tasks", type: "task.created", subject: "t1", data: data.encoded())
    }

    private static func open(_ harness: ServiceHarness) throws -> (ServiceDatabase, TaskEventConsumer) {
        let database = try ServiceDatabase.open(
            path: harness.settings("notifications").databasePath,
            migrations: SQLiteNoticeRepository.migrations
        )
        let consumer = TaskEventConsumer(
            bus: RecordingBus(),
            repository: SQLiteNoticeRepository(database: database),
            consumer: "test",
            logger: harness.logger
        )
        return (database, consumer)
    }

    @Test("An event becomes one notice and one live event on its owner's topic")
    func consumes() async throws {
        let harness = try ServiceHarness()
        let (database, consumer) = try Self.open(harness)
        try await consumer.receive(Self.created("e1", owner: "ana@example.org"))
        let rows = try await database.read { try Outbox.pending(limit: 10, in: $0) }
        let row = try #require(rows.first)
        #expect(rows.count == 1)
        #expect(row.event.subject == Topic.user("ana@example.org").name)
        let data = try JSONScanner.parse(row.event.data)
        #expect(data["type"] == "task.created")
        #expect(data["task"] == ["id": "t1", "title": "Buy milk"])
        #expect(data["unread"] == 1)
        #expect(data["notice"]?["title"] == "New task: Buy milk")
        #expect(data["notice"]?["id"]?.string?.isEmpty == false)
        #expect(data["notice"]?["created_at"]?.string?.hasSuffix("Z") == true)
    }

    @Test("The same event delivered again changes nothing, also after a restart and at the same time")
    func idempotence() async throws {
        let harness = try ServiceHarness()
        let (database, consumer) = try Self.open(harness)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { try await consumer.receive(Self.created("e1")) } }
            try await group.waitForAll()
        }
        try database.close()
        let (again, restarted) = try Self.open(harness)
        try await restarted.receive(Self.created("e1"))
        try await restarted.receive(Self.created("e2"))
        let inbox = try await SQLiteNoticeRepository(database: again)
            .list(owner: "ana", filter: NoticeFilter(), page: PageRequest())
        #expect(inbox.page.items.count == 2)
        #expect(inbox.unread == 2)
        #expect(try await again.read { try Outbox.backlog(in: $0) } == 2)
    }

    @Test("When the transaction fails nothing is remembered, and the next delivery succeeds")
    func crashBeforeCommit() async throws {
        let harness = try ServiceHarness()
        let (database, consumer) = try Self.open(harness)
        try await database.write { try $0.execute(sql: "ALTER TABLE outbox RENAME TO away") }
        await #expect(throws: (any Error).self) { try await consumer.receive(Self.created("e1")) }
        try await database.write { try $0.execute(sql: "ALTER TABLE away RENAME TO outbox") }
        try await consumer.receive(Self.created("e1"))
        let inbox = try await SQLiteNoticeRepository(database: database)
            .list(owner: "ana", filter: NoticeFilter(), page: PageRequest())
        #expect(inbox.unread == 1)
        #expect(try await database.read { try Outbox.backlog(in: $0) } == 1)
    }

    @Test(
        "Events nobody can understand are passed over instead of blocking the queue",
        arguments: [
            "", "{", "[]", "{}", #"{"owner":"ana"}"#, #"{"owner":7,"task":{"id":"1","title":"a"}}"#,
            #"{"owner":"","task":{"id":"1","title":"a"}}"#, #"{"owner":"ana","task":{"id":"1"}}"#,
        ]
    )
    func malformed(_ data: String) async throws {
        let harness = try ServiceHarness()
        let (database, consumer) = try Self.open(harness)
        let event = DomainEvent(id: "e", source: "/tasks", type: "task.created", data: Array(data.utf8))
        try await consumer.receive(event)
        try await consumer.receive(DomainEvent(id: "f", source: "/tasks", type: "task.renamed", data: event.data))
        #expect(try await database.read { try Outbox.backlog(in: $0) } == 0)
    }

    @Test("The inbox lists the caller's notices, and reading them counts down to zero")
    func inbox() async throws {
        let harness = try ServiceHarness()
        let (database, consumer) = try Self.open(harness)
        for number in 1...3 { try await consumer.receive(Self.created("e\(number)", title: "\(number)")) }
        try await consumer.receive(Self.created("other", owner: "ben"))
        try database.close()
        let log = RecordingLog()
        let application = try await NotificationsApp.build(
            settings: harness.settings("notifications"),
            bus: RecordingBus(),
            log: log,
            authority: harness.authority,
            logger: harness.logger
        )
        let (ana, ben) = try (harness.headers("ana"), harness.headers("ben"))
        try await application.application.test(.router) { client in
            let first = try await client.call(.get, "/api/notifications/?limit=2", ana).body
            #expect(first["unread"] == 3)
            #expect(first["items"]?.array?.map { $0["task"]?["title"] } == ["3", "2"])
            let id = try #require(first["items"]?.array?.first?["id"]?.string)
            #expect(try await client.call(.post, "/api/notifications/\(id)/read", ben).status == .notFound)
            #expect(try await client.call(.post, "/api/notifications/nonsense/read", ana).status == .notFound)
            #expect(try await client.call(.post, "/api/notifications/\(id)/read", ana).body == ["unread": 2])
            #expect(try await client.call(.post, "/api/notifications/\(id)/read/", ana).body == ["unread": 2])
            let all = try await client.call(.post, "/api/notifications/read-all", ana)
            #expect(all.body == ["marked": 2, "unread": 0])
            let after = try await client.call(.get, "/api/notifications", ana).body
            #expect(after["unread"] == 0)
            #expect(after["items"]?.array?.allSatisfy { $0["read_at"]?.string != nil } == true)
            #expect(try await client.call(.get, "/api/notifications", ben).body["unread"] == 1)
        }
    }

    @Test("What was committed reaches the live log under the outbox's id as key, also when the process died in between")
    func relay() async throws {
        let harness = try ServiceHarness()
        let (database, consumer) = try Self.open(harness)
        try await consumer.receive(Self.created("e1"))
        let id = try await database.read { try Outbox.pending(limit: 1, in: $0) }.first?.event.id
        try database.close()
        let log = RecordingLog()
        let application = try await NotificationsApp.build(
            settings: harness.settings("notifications"),
            bus: RecordingBus(),
            log: log,
            authority: harness.authority,
            logger: harness.logger
        )
        let event = try await application.application.test(.router) { _ in await log.appended.first { _ in true } }
        #expect(event?.topic == Topic.user("ana"))
        #expect(event?.key == id)
    }
}
