// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import EventLog
internal import Foundation
internal import GRDB
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdTesting
internal import Notifications
internal import ServiceKit
internal import StrictJSON
internal import Synchronization
internal import TestSupport
import Testing
internal import Wire

@testable import Store

@Suite("The notifications service in bad times")
struct NoticeFaultTests {
    private static func event(_ id: String, title: String = "a") -> DomainEvent {
        let data: JSONValue = ["owner": "ana", "task": ["id": "t", "title": .string(title)]]
        return DomainEvent(id: id, source: "/tasks", type: "task.created", subject: "t", data: data.encoded())
    }

    private static func open(_ harness: ServiceHarness, busyTimeout: Duration = .seconds(5)) throws -> ServiceDatabase {
        try ServiceDatabase.open(
            path: harness.settings("notifications").databasePath,
            migrations: SQLiteNoticeRepository.migrations,
            busyTimeout: busyTimeout
        )
    }

    private static func consumer(_ database: ServiceDatabase, _ harness: ServiceHarness) -> TaskEventConsumer {
        TaskEventConsumer(
            bus: RecordingBus(),
            repository: SQLiteNoticeRepository(database: database),
            consumer: "test",
            logger: harness.logger
        )
    }

    private static func rows(_ database: ServiceDatabase) async throws -> [Int] {
        try await database.read { database in
            try ["notices", "outbox", "handled_events"].map { table in
                try Int.fetchOne(database, sql: "SELECT count(*) FROM \(table)") ?? -1
            }
        }
    }

    @Test("On a full disk an event is not handled, nothing of it is kept, and with space it is handled once")
    func fullDisk() async throws {
        let harness = try ServiceHarness()
        let database = try Self.open(harness)
        let consumer = Self.consumer(database, harness)
        try await consumer.receive(Self.event("kept"))
        try await database.pool.writeWithoutTransaction { database in
            let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            try database.execute(sql: "PRAGMA max_page_count = \(pages)")
        }
        let large = Self.event("large", title: String(repeating: "x", count: 4096))
        // Some fit into what is free on the pages; the disk is full soon.
        var refused = false
        for number in 0..<64 where !refused {
            let event = Self.event("filler \(number)", title: String(repeating: "x", count: 4096))
            do { try await consumer.receive(event) } catch is StoreError { refused = true }
        }
        #expect(refused)
        let before = try await Self.rows(database)
        await #expect(throws: StoreError.self) { try await consumer.receive(large) }
        #expect(try await Self.rows(database) == before)
        try await database.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = 1000000") }
        try await consumer.receive(large)
        try await consumer.receive(large)
        #expect(try await Self.rows(database) == before.map { $0 + 1 })
    }

    @Test("A store that another process holds is 503 for writers and answers readers; the event behind it comes again")
    func locked() async throws {
        let harness = try ServiceHarness()
        let database = try Self.open(harness, busyTimeout: .milliseconds(20))
        let consumer = Self.consumer(database, harness)
        try await consumer.receive(Self.event("e1"))
        let repository = SQLiteNoticeRepository(database: database)
        let router = Router.service()
        NoticeController(repository: repository)
            .addRoutes(to: router.authenticated(by: BearerAuthentication(authority: harness.authority)))
        let application = ServiceApplication(
            name: "notifications",
            listen: harness.settings("notifications").listen,
            router: router,
            logger: harness.logger
        )
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: database.path, configuration: configuration)
        let ana = try harness.headers("ana")
        try await application.application.test(.router) { client in
            try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
            await #expect(throws: StoreError.self) { try await consumer.receive(Self.event("e2")) }
            let refused = try await client.call(.post, "/api/notifications/read-all", ana)
            #expect(refused.status == .serviceUnavailable)
            #expect(refused.code == "store-unavailable")
            #expect(refused.headers[.retryAfter] != nil)
            #expect(try await client.call(.get, "/api/notifications", ana).body["unread"] == 1)
            try await other.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
            try await consumer.receive(Self.event("e2"))
            #expect(try await client.call(.get, "/api/notifications", ana).body["unread"] == 2)
        }
    }

    @Test("A store that is no database ends the start with a sentence that says what to do")
    func corrupt() async throws {
        let harness = try ServiceHarness()
        let settings = harness.settings("notifications")
        try FileManager.default.createDirectory(atPath: harness.directory, withIntermediateDirectories: true)
        try Data(repeating: 0x41, count: 8192).write(to: URL(fileURLWithPath: settings.databasePath))
        let error = await #expect(throws: StoreError.self) {
            _ = try await NotificationsApp.build(
                settings: settings,
                bus: RecordingBus(),
                log: RecordingLog(),
                authority: harness.authority,
                logger: harness.logger
            )
        }
        #expect(error?.code == .corrupt)
        #expect(error?.description.contains("restore a backup") == true)
    }

    /// Refuses until it is told to work.
    private final class LameLog: EventLog {
        let isUp = Mutex(false)
        let appended = Mutex<[NewEvent]>([])

        func append(_ events: [NewEvent]) async throws(EventLogError) -> [Appended] {
            guard self.isUp.withLock({ $0 }) else { throw EventLogError(.unavailable, "down") }
            self.appended.withLock { $0 += events }
            return events.indices.map { Appended(id: Cursor(milliseconds: 1, sequence: UInt64($0)), duplicate: false) }
        }

        func run(into sink: any EventLogSink) async throws {
            try await Task.sleep(for: .seconds(3600))  // ends by cancellation
        }

        func extent() async throws(EventLogError) -> LogExtent { throw EventLogError(.unavailable, "not kept here") }

        var readiness: LogReadiness { .ready }
    }

    @Test("While the live log is down the inbox fills and is served; browsers hear of it in order once it is back")
    func logDown() async throws {
        let harness = try ServiceHarness()
        let (bus, log) = (EmbeddedEventBus(logger: harness.logger), LameLog())
        let application = try await NotificationsApp.build(
            settings: harness.settings("notifications"),
            bus: bus,
            log: log,
            authority: harness.authority,
            logger: harness.logger
        )
        let ana = try harness.headers("ana")
        try await application.application.test(.router) { client in
            for number in 1...3 { try await bus.publish(Self.event("e\(number)", title: "\(number)")) }
            try await eventually { try await client.call(.get, "/api/notifications", ana).body["unread"] == 3 }
            #expect(log.appended.withLock { $0.isEmpty })
            #expect(try await client.call(.get, "/readyz").status == .ok)
            log.isUp.withLock { $0 = true }
            try await eventually { log.appended.withLock { $0.count } >= 3 }
        }
        let titles = try log.appended.withLock { $0 }.map { try JSONScanner.parse($0.data)["task"]?["title"]?.string }
        #expect(titles == ["1", "2", "3"])
    }
}
