// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import EventLog
internal import Foundation
internal import GRDB
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdTesting
internal import ServiceKit
internal import StrictJSON
internal import Synchronization
internal import Tasks
internal import TestSupport
import Testing

@testable import Store

@Suite("The tasks service in bad times")
struct TaskFaultTests {
    /// The service's routes over a store the test can reach.
    private func withService(
        busyTimeout: Duration = .seconds(5),
        _ body: @escaping @Sendable (TaskClient, ServiceDatabase) async throws -> Void
    ) async throws {
        let harness = try ServiceHarness()
        let settings = harness.settings("tasks")
        let database = try ServiceDatabase.open(
            path: settings.databasePath,
            migrations: SQLiteTaskRepository.migrations,
            busyTimeout: busyTimeout
        )
        let repository = SQLiteTaskRepository(database: database)
        let cache = ReadCache(store: MemoryCacheStore(), service: "tasks", name: "lists")
        let router = Router.service()
        TaskController(repository: repository, lists: TaskLists(repository: repository, cache: cache))
            .addRoutes(to: router.authenticated(by: BearerAuthentication(authority: harness.authority)))
        let application = ServiceApplication(
            name: "tasks",
            listen: settings.listen,
            router: router,
            readiness: [.database(database)],
            logger: harness.logger
        )
        try await application.application.test(.router) { client in
            try await body(TaskClient(client: client, headers: try harness.headers("ana"), harness: harness), database)
        }
    }

    private static func rows(_ database: ServiceDatabase) async throws -> [Int] {
        try await database.read { database in
            try ["work_items", "outbox", "idempotency_keys", "jobs"].map { table in
                try Int.fetchOne(database, sql: "SELECT count(*) FROM \(table)") ?? -1
            }
        }
    }

    @Test("A full disk is 503; nothing half-written is kept, reading goes on, and with space so does writing")
    func fullDisk() async throws {
        try await withService { ana, database in
            let kept = try await ana.create(#"{"title":"kept"}"#)
            let before = try await Self.rows(database)
            try await database.pool.writeWithoutTransaction { database in
                let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
                try database.execute(sql: "PRAGMA max_page_count = \(pages)")
            }
            let notes = String(repeating: "x", count: 9000)
            let body = #"{"title":"b","notes":"\#(notes)","due_at":"2040-01-01T00:00:00Z"}"#
            let refused = try await ana.create(body, key: "k")
            #expect(refused.status == .serviceUnavailable)
            #expect(refused.code == "store-unavailable")
            #expect(refused.headers[.retryAfter] != nil)
            #expect(refused.body["detail"]?.string?.contains("Nothing was changed") == true)
            #expect(
                try await ana.patch(kept.id, #"{"notes":"\#(notes)"}"#, ifMatch: kept.etag).code == "store-unavailable"
            )
            #expect(try await Self.rows(database) == before)
            #expect(try await ana.titles() == ["kept"])
            try await database.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = 1000000") }
            // The same key: the first try left nothing behind, so this is no repetition.
            let made = try await ana.create(body, key: "k")
            #expect(made.status == .created)
            #expect(made.headers[IdempotencyKey.replayedField] == nil)
            #expect(try await Self.rows(database) == zip(before, [1, 1, 1, 1]).map(+))
        }
    }

    @Test("A store that another process holds is 503 for writers, answers readers, and goes on when it is let go")
    func locked() async throws {
        try await withService(busyTimeout: .milliseconds(20)) { ana, database in
            var configuration = Configuration()
            configuration.allowsUnsafeTransactions = true
            let other = try DatabaseQueue(path: database.path, configuration: configuration)
            try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
            #expect(try await ana.create(#"{"title":"a"}"#).code == "store-unavailable")
            #expect(try await ana.titles().isEmpty)
            try await other.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
            #expect(try await ana.create(#"{"title":"a"}"#).status == .created)
            #expect(try await Self.rows(database)[0] == 1)
        }
    }

    @Test("A store that is no database, or a damaged one, ends the start with a sentence that says what to do")
    func corrupt() async throws {
        let harness = try ServiceHarness()
        let settings = harness.settings("tasks")
        try FileManager.default.createDirectory(atPath: harness.directory, withIntermediateDirectories: true)
        try Data(repeating: 0x41, count: 8192).write(to: URL(fileURLWithPath: settings.databasePath))
        let error = await #expect(throws: StoreError.self) {
            _ = try await TasksApp.build(
                settings: settings,
                bus: RecordingBus(),
                authority: harness.authority,
                logger: harness.logger
            )
        }
        #expect(error?.code == .corrupt)
        #expect(error?.description.contains("restore a backup") == true)
    }

    @Test("A store that breaks while it serves is 503 with a problem, never an acknowledged loss")
    func breaks() async throws {
        try await withService { ana, database in
            let made = try await ana.create(#"{"title":"a"}"#)
            try await database.write { try $0.execute(sql: "DROP TABLE list_stamps") }
            let refused = try await ana.patch(made.id, #"{"title":"b"}"#, ifMatch: made.etag)
            #expect(refused.status == .internalServerError)
            #expect(refused.headers[.contentType] == "application/problem+json")
            #expect(try await ana.get(made.id).body == made.body)
            try database.close()
            #expect(try await ana.get(made.id).status.code >= 500)
        }
    }

    /// Refuses until it is told to work.
    private final class LameBus: EventBus {
        let isUp = Mutex(false)
        let published = Mutex<[DomainEvent]>([])

        func publish(_ event: DomainEvent) async throws(EventLogError) {
            guard isUp.withLock({ $0 }) else { throw EventLogError(.unavailable, "down") }
            published.withLock { $0.append(event) }
        }

        func consume(
            group: String,
            consumer: String,
            handler: @escaping @Sendable (DomainEvent) async throws -> Void
        ) async throws {
            try await Task.sleep(for: .seconds(3600))  // ends by cancellation
        }
    }

    @Test(
        "While the bus is down tasks are taken, and told in their order once it is back, with the request behind each"
    )
    func busDown() async throws {
        let harness = try ServiceHarness()
        let bus = LameBus()
        let application = try await TasksApp.build(
            settings: harness.settings("tasks"),
            bus: bus,
            authority: harness.authority,
            logger: harness.logger
        )
        var headers = try harness.headers("ana")
        headers[RequestIdentifier.field] = "story-1"
        headers[ServiceTrace.field] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let fields = headers
        try await application.application.test(.router) { client in
            let ana = TaskClient(client: client, headers: fields, harness: harness)
            let made = try await ana.create(#"{"title":"a","assignee":"ben"}"#)
            #expect(made.status == .created)
            #expect(try await ana.patch(made.id, #"{"state":"done"}"#, ifMatch: made.etag).status == .ok)
            bus.isUp.withLock { $0 = true }
            try await eventually { bus.published.withLock { $0.count } >= 3 }
        }
        let events = bus.published.withLock { $0 }
        #expect(events.map(\.type) == ["task.created", "task.assigned", "task.completed"])
        #expect(Set(events.map(\.id)).count == 3)
        for event in events {
            #expect(event.cause.requestID == "story-1")
            #expect(event.cause.traceparent?.contains("0af7651916cd43dd8448eb211c80319c") == true)
        }
    }
}
