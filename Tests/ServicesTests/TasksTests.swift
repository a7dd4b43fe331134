// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import EventLog
internal import GRDB
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdTesting
internal import ServiceKit
internal import Store
internal import StrictJSON
import Tasks
import Testing

@Suite("The tasks service")
struct TasksTests {
    @Test("A created task is answered with its place, and found there by its owner only")
    func create() async throws {
        let harness = try ServiceHarness()
        let application = try await TasksApp.build(
            settings: harness.settings("tasks"),
            bus: RecordingBus(),
            authority: harness.authority,
            logger: harness.logger
        )
        let (ana, ben) = try (harness.headers("ana"), harness.headers("ben"))
        try await application.application.test(.router) { client in
            let created = try await client.call(
                .post,
                "/api/tasks/",
                ana,
                #"{"title":"  Buy milk ","notes":"two","due_at":"2027-01-01T10:00:00+02:00"}"#
            )
            #expect(created.status == .created)
            #expect(created.body["title"] == "Buy milk")
            #expect(created.body["notes"] == "two")
            #expect(created.body["due_at"] == "2027-01-01T08:00:00.000Z")
            let location = try #require(created.headers[.location])
            #expect(try await client.call(.get, location, ana).body == created.body)
            #expect(try await client.call(.get, "\(location)/", ana).body == created.body)
            #expect(try await client.call(.get, location, ben).status == .notFound)
            #expect(try await client.call(.get, "/api/tasks", ben).body["items"] == [])
        }
    }

    @Test("The event leaves with the task, once committed, under the outbox's id")
    func event() async throws {
        let harness = try ServiceHarness()
        let bus = RecordingBus()
        let application = try await TasksApp.build(
            settings: harness.settings("tasks"),
            bus: bus,
            authority: harness.authority,
            logger: harness.logger
        )
        let ana = try harness.headers("ana")
        let event = try await application.application.test(.router) { client in
            let created = try await client.call(.post, "/api/tasks", ana, #"{"title":"Buy milk"}"#)
            let event = try #require(await bus.published.first { _ in true })
            #expect(event.subject == created.body["id"]?.string)
            return event
        }
        #expect(event.type == "task.created")
        #expect(event.source == "/tasks")
        let data = try JSONScanner.parse(event.data)
        #expect(data["owner"] == "ana")
        #expect(data["task"]?["title"] == "Buy milk")
    }

    @Test("Pages are newest first, complete, without overlap, and end")
    func pages() async throws {
        let harness = try ServiceHarness()
        let application = try await TasksApp.build(
            settings: harness.settings("tasks"),
            bus: RecordingBus(),
            authority: harness.authority,
            logger: harness.logger
        )
        let ana = try harness.headers("ana")
        try await application.application.test(.router) { client in
            for number in 1...7 {
                _ = try await client.call(.post, "/api/tasks", ana, #"{"title":"\#(number)"}"#)
            }
            var seen: [String?] = []
            var sizes: [Int] = []
            var cursor: String?
            repeat {
                let query = cursor.map { "&cursor=\($0)" } ?? ""
                let page = try await client.call(.get, "/api/tasks/?limit=3\(query)", ana).body
                seen += page["items"]?.array?.map { $0["title"]?.string } ?? []
                sizes.append(page["items"]?.array?.count ?? 0)
                cursor = page["next_cursor"]?.string
            } while cursor != nil
            #expect(seen == ["7", "6", "5", "4", "3", "2", "1"])
            #expect(sizes == [3, 3, 1])
        }
    }

    struct Bad: Sendable, CustomTestStringConvertible {
        let body: String
        let status: HTTPResponse.Status
        let pointers: [String]
        var testDescription: String { "\(self.body.prefix(60)) → \(self.status.code) \(self.pointers)" }
        init(_ body: String, _ status: HTTPResponse.Status, _ pointers: String...) {
            (self.body, self.status, self.pointers) = (body, status, pointers)
        }
    }

    @Test(
        "Bad bodies are refused with every fault named, and nothing is stored",
        arguments: [
            Bad("", .badRequest),
            Bad("{", .badRequest),
            Bad(#"{"title":"a","title":"b"}"#, .badRequest),
            Bad(#"{"title":"a"} x"#, .badRequest),
            Bad("[]", .unprocessableContent, ""),
            Bad("{}", .unprocessableContent, "/title"),
            Bad(#"{"title":null}"#, .unprocessableContent, "/title"),
            Bad(#"{"title":7}"#, .unprocessableContent, "/title"),
            Bad(#"{"title":"   "}"#, .unprocessableContent, "/title"),
            Bad(#"{"title":"a\u0000b"}"#, .unprocessableContent, "/title"),
            Bad(#"{"title":"\#(String(repeating: "é", count: 201))"}"#, .unprocessableContent, "/title"),
            Bad(#"{"title":"a","owner":"ben"}"#, .unprocessableContent, "/owner"),
            Bad(#"{"title":"","due_at":"tomorrow","x/y":1}"#, .unprocessableContent, "/title", "/due_at", "/x~1y"),
            Bad(#"{"title":"a","due_at":"2027-02-30T00:00:00Z"}"#, .unprocessableContent, "/due_at"),
            Bad(#"{"title":"a","due_at":1}"#, .unprocessableContent, "/due_at"),
            Bad(#"{"title":"a","notes":{}}"#, .unprocessableContent, "/notes"),
            Bad(#"{"title":"\#(String(repeating: "a", count: 65_536))"}"#, .contentTooLarge),
        ]
    )
    func badBodies(_ bad: Bad) async throws {
        let harness = try ServiceHarness()
        let application = try await TasksApp.build(
            settings: harness.settings("tasks"),
            bus: RecordingBus(),
            authority: harness.authority,
            logger: harness.logger
        )
        let ana = try harness.headers("ana")
        try await application.application.test(.router) { client in
            let answer = try await client.call(.post, "/api/tasks/", ana, bad.body)
            #expect(answer.status == bad.status)
            #expect(answer.headers[.contentType] == "application/problem+json")
            #expect(answer.body["errors"]?.array?.compactMap { $0["pointer"]?.string } ?? [] == bad.pointers)
            #expect(try await client.call(.get, "/api/tasks/", ana).body["items"] == [])
        }
    }

    @Test("A title of exactly 200 characters is taken, whatever they weigh")
    func longestTitle() async throws {
        let harness = try ServiceHarness()
        let application = try await TasksApp.build(
            settings: harness.settings("tasks"),
            bus: RecordingBus(),
            authority: harness.authority,
            logger: harness.logger
        )
        let ana = try harness.headers("ana")
        let title = String(repeating: "é", count: 200)
        try await application.application.test(.router) { client in
            let created = try await client.call(.post, "/api/tasks/", ana, #"{"title":"\#(title)"}"#)
            #expect(created.status == .created)
            #expect(created.body["title"]?.string == title)
        }
    }

    @Test(
        "Bad pages are 400",
        arguments: [
            ("limit=0", "bad-limit"), ("limit=101", "bad-limit"), ("limit=x", "bad-limit"), ("limit=", "bad-limit"),
            ("cursor=", "bad-cursor"), ("cursor=7", "bad-cursor"), ("cursor=AAAAAAAAAAAA", "bad-cursor"),
            ("cursor=____________", "bad-cursor"),
        ]
    )
    func badPages(_ query: String, _ code: String) async throws {
        let harness = try ServiceHarness()
        let application = try await TasksApp.build(
            settings: harness.settings("tasks"),
            bus: RecordingBus(),
            authority: harness.authority,
            logger: harness.logger
        )
        let ana = try harness.headers("ana")
        try await application.application.test(.router) { client in
            let answer = try await client.call(.get, "/api/tasks/?\(query)", ana)
            #expect(answer.status == .badRequest)
            #expect(answer.code == code)
        }
    }

    @Test("A task whose event cannot be written is not stored either")
    func oneTransaction() async throws {
        let harness = try ServiceHarness()
        let database = try ServiceDatabase.open(
            path: harness.settings("tasks").databasePath,
            migrations: SQLiteTaskRepository.migrations
        )
        let repository = SQLiteTaskRepository(database: database)
        try await database.write { try $0.execute(sql: "DROP TABLE outbox") }
        let item = WorkItem(id: "1", owner: "ana", title: "a", notes: nil, dueAt: nil, createdAt: 1)
        await #expect(throws: (any Error).self) { try await repository.create(item, cause: .none, request: nil) }
        #expect(try await repository.find(id: "1") == nil)
        #expect(try await repository.list(TaskQuery(caller: Caller("ana"))).items.isEmpty)
    }
}
