// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import EventLog
import Foundation
import GRDB
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import ServiceKit
import StrictJSON
import TestSupport
import Testing
import Wire

@testable import Notifications
@testable import Store

@Suite("Inboxes and preferences", .timeLimit(.minutes(5)))
struct NoticeInboxTests {
    /// A notifications service without a bus: notices are put in by hand.
    struct Service {
        let harness: ServiceHarness
        let clock = ManualClock()
        let database: ServiceDatabase
        let repository: SQLiteNoticeRepository

        init() throws {
            self.harness = try ServiceHarness()
            self.database = try ServiceDatabase.open(
                path: self.harness.settings("notifications").databasePath,
                migrations: SQLiteNoticeRepository.migrations
            )
            self.repository = SQLiteNoticeRepository(database: self.database)
        }

        func test(_ body: @escaping @Sendable (any TestClientProtocol, HTTPFields) async throws -> Void) async throws {
            let clock = self.clock
            let application = try await NotificationsApp.build(
                settings: self.harness.settings("notifications"),
                bus: RecordingBus(),
                log: RecordingLog(),
                authority: self.harness.authority,
                logger: self.harness.logger,
                now: { clock.now }
            )
            #expect(application.undocumented == [])
            let ana = try self.harness.headers("ana")
            try await application.application.test(.router) { try await body($0, ana) }
        }

        @discardableResult
        func put(_ kind: NoticeKind, owner: String = "ana", event: String = UUID().uuidString) async throws -> Int? {
            let now = Instant.milliseconds(self.clock.now)
            let notice = Notice(id: OutboxEvent.freshID(), owner: owner, kind: kind, title: "T", createdAt: now)
            return try await self.repository.receive([notice], eventID: event, cause: .none, at: now)
        }

        /// What was to go out live, oldest first.
        func live() async throws -> [JSONValue] {
            try await self.database.read { try Outbox.pending(limit: 100, in: $0) }
                .map { try JSONScanner.parse($0.event.data) }
        }
    }

    private static let path = "/api/notifications"

    @Test("One notice can be read, made unread, and deleted; each change is told live, a repetition is not")
    func oneNotice() async throws {
        let service = try Service()
        try await service.put(.created)
        try await service.put(.due)
        let id = try await service.repository
            .list(owner: "ana", filter: NoticeFilter(), page: PageRequest()).page.items[0].id
        let repository = service.repository
        let expected: [(String, () async throws -> Int?, Int?)] = [
            ("read", { try await repository.mark(id: id, owner: "ana", isRead: true, at: 7) }, 1),
            ("read again", { try await repository.mark(id: id, owner: "ana", isRead: true, at: 8) }, 1),
            ("by another", { try await repository.mark(id: id, owner: "ben", isRead: true, at: 8) }, nil),
            ("unread", { try await repository.mark(id: id, owner: "ana", isRead: false, at: 9) }, 2),
            ("deleted by another", { try await repository.delete(id: id, owner: "ben", at: 9) }, nil),
            ("deleted", { try await repository.delete(id: id, owner: "ana", at: 10) }, 1),
            ("deleted again", { try await repository.delete(id: id, owner: "ana", at: 10) }, nil),
        ]
        for (what, act, unread) in expected { #expect(try await act() == unread, "\(what)") }
        #expect(try await repository.find(id: id, owner: "ana") == nil)
        let told = try await service.live().filter { $0["type"] == "inbox.changed" }.map { $0["unread"] }
        #expect(told == [1, 2, 1])
    }

    @Test("Over HTTP: one notice, filters, unknown ids, wrong queries")
    func http() async throws {
        let service = try Service()
        for kind in [NoticeKind.created, .assigned, .due] { try await service.put(kind) }
        try await service.test { client, ana in
            let all = try await client.call(.get, Self.path, ana).body
            let id = try #require(all["items"]?.array?[0]["id"]?.string)
            #expect(all["items"]?.array?.map { $0["type"] } == ["task.due", "task.assigned", "task.created"])
            #expect(try await client.call(.get, "\(Self.path)/\(id)", ana).body["type"] == "task.due")
            #expect(try await client.call(.post, "\(Self.path)/\(id)/read", ana).body == ["unread": 2])
            let unread = try await client.call(.get, "\(Self.path)?unread=true", ana).body
            #expect(unread["items"]?.array?.count == 2)
            let read = try await client.call(.get, "\(Self.path)?unread=false&kind=task.due", ana).body
            #expect(read["items"]?.array?.count == 1)
            #expect(try await client.call(.get, "\(Self.path)?kind=task.created", ana).body["items"]?.array?.count == 1)
            #expect(try await client.call(.post, "\(Self.path)/\(id)/unread", ana).body == ["unread": 3])
            #expect(try await client.call(.delete, "\(Self.path)/\(id)", ana).body == ["unread": 2])
            #expect(try await client.call(.delete, "\(Self.path)/\(id)", ana).status == .notFound)
            let long = String(repeating: "x", count: 65)
            #expect(try await client.call(.get, "\(Self.path)/\(long)", ana).status == .notFound)
            #expect(try await client.call(.get, "\(Self.path)?unread=maybe", ana).code == "bad-unread")
            #expect(try await client.call(.get, "\(Self.path)?kind=task.gone", ana).code == "bad-kind")
        }
    }

    @Test("A kind that is not wanted is not kept; one that is wanted quietly is kept and not told")
    func preferences() async throws {
        let service = try Service()
        try await service.test { client, ana in
            let before = try await client.call(.get, "\(Self.path)/preferences", ana).body
            #expect(before["items"]?.array?.map { $0["kind"]?.string } == NoticeKind.names)
            #expect(before["items"]?.array?.last == ["kind": "digest", "inbox": false, "live": true])
            let off = try await client.call(
                .put,
                "\(Self.path)/preferences/task.created",
                ana,
                #"{"inbox":false,"live":true}"#
            )
            #expect(off.body == ["kind": "task.created", "inbox": false, "live": true])
            let quiet = try await client.call(
                .put,
                "\(Self.path)/preferences/task.due",
                ana,
                #"{"inbox":true,"live":false}"#
            )
            #expect(quiet.status == .ok)
            for (body, status) in [
                (#"{"inbox":true}"#, 422), (#"{"inbox":"yes","live":true}"#, 422),
                (#"{"inbox":true,"live":true,"x":1}"#, 422),
                ("[]", 422), ("{", 400),
            ] {
                let answer = try await client.call(.put, "\(Self.path)/preferences/task.due", ana, body)
                #expect(answer.status.code == status, "\(body): \(answer.body)")
            }
            let unknown = try await client.call(
                .put,
                "\(Self.path)/preferences/task.gone",
                ana,
                #"{"inbox":true,"live":true}"#
            )
            #expect(unknown.status == .notFound)
        }
        #expect(try await service.put(.created) == 0)
        #expect(try await service.put(.due) == 1)
        #expect(try await service.put(.assigned) == 1)
        #expect(try await service.put(.created, owner: "ben") == 1)
        #expect(try await service.live().map { $0["type"] } == ["task.assigned", "task.created"])
    }

    @Test("One event for two people is two notices, received once")
    func twoOwners() async throws {
        let service = try Service()
        let data: JSONValue = [
            "owner": "ana", "assignee": "ben", "actor": "eve", "task": ["id": "t1", "title": "Tea"],
        ]
        let event = DomainEvent(
            id: "e1",
            source: "/tasks",
            type: "task.completed",
            subject: "t1",
            cause: EventCause(requestID: "r-7"),
            data: data.encoded()
        )
        let consumer = TaskEventConsumer(
            bus: RecordingBus(),
            repository: service.repository,
            consumer: "test",
            logger: service.harness.logger
        )
        try await consumer.receive(event)
        try await consumer.receive(event)
        let rows = try await service.database.read { try Outbox.pending(limit: 10, in: $0) }
        #expect(rows.map(\.event.subject) == [Topic.user("ana").name, Topic.user("ben").name])
        #expect(rows.allSatisfy { $0.event.cause.requestID == "r-7" })
    }

    @Test("A digest goes once a day to who asked for it and has something unread, whatever crashes in between")
    func digest() async throws {
        let service = try Service()
        for owner in ["ana", "ben", "eve"] {
            try await service.repository.set(Preference(.digest, inbox: owner != "eve", live: true), of: owner)
            try await service.put(.created, owner: owner)
        }
        try await service.put(.due)
        let now = Instant.milliseconds(service.clock.now)
        let handler = DigestJob.handler(repository: service.repository, at: 7) { now }
        guard case .steps(let work) = handler.work else {
            Issue.record("not long work")
            return
        }
        try await service.database.write { database in
            try JobQueue.enqueue(NewJob(kind: DigestJob.kind, runAt: now), at: now, in: database)
        }
        let job = try #require(
            try await service.database.write { database in
                try JobQueue.claim(
                    kinds: [DigestJob.kind],
                    limit: 1,
                    lease: .init(owner: "w", until: now + 60_000),
                    at: now,
                    in: database
                )
            }.first
        )
        let progress = JobProgress(job: job, owner: "w", database: service.database)
        // As after a crash that came before the first checkpoint.
        try await work(job, progress)
        try await work(job, progress)
        let digests = try await service.live().filter { $0["type"] == "digest" }.map { $0["notice"]?["title"] }
        #expect(digests == ["2 unread notices since yesterday", "One unread notice since yesterday"])
        #expect(try await service.repository.digestOwners(after: "ana", since: 0, limit: 10).map(\.owner) == ["ben"])
        #expect(try await service.repository.digestOwners(after: "", since: now + 1, limit: 10).isEmpty)
    }

    @Test("Old notices go: read ones sooner, all in the end, in steps")
    func cleanUp() async throws {
        let service = try Service()
        for _ in 0..<3 { try await service.put(.created) }
        let now = Instant.milliseconds(service.clock.now)
        let items = try await service.repository.list(owner: "ana", filter: NoticeFilter(), page: PageRequest()).page
            .items
        _ = try await service.repository.mark(id: items[0].id, owner: "ana", isRead: true, at: now)
        let repository = service.repository
        #expect(try await repository.prune(readBefore: now, arrivedBefore: now, limit: 10) == 0)
        #expect(try await repository.prune(readBefore: now + 1, arrivedBefore: now, limit: 10) == 1)
        #expect(try await repository.prune(readBefore: now, arrivedBefore: now + 1, limit: 1) == 1)
        #expect(try await repository.prune(readBefore: now, arrivedBefore: now + 1, limit: 10) == 1)
    }

    @Test("Settings are read with units and bounds")
    func settings() throws {
        let settings = try NotificationsSettings(extra: [
            "KEEP_READ": "1d", "KEEP_NOTICES": "3650d", "DIGEST_HOUR": "23",
        ])
        #expect(settings.keepRead == .seconds(86_400) && settings.digestHour == 23)
        for bad in [["KEEP_READ": "23h"], ["KEEP_READ": "366d"], ["KEEP_NOTICES": "3651d"], ["DIGEST_HOUR": "24"]] {
            #expect(throws: (any Error).self) { try NotificationsSettings(extra: bad) }
        }
    }
}
