// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import Synchronization
internal import Tasks
internal import TestSupport
import Testing

@testable import Store

/// What every store of tasks promises. A further one joins by a case of `Form`.
@Suite("The contract of task stores")
struct TaskRepositoryContractTests {
    enum Form: String, CaseIterable, Sendable {
        case memory, sqlite

        func with(_ body: (any TaskRepository, () async throws -> [String]) async throws -> Void) async throws {
            switch self {
            case .memory:
                let repository = MemoryTaskRepository()
                try await body(repository) {
                    repository.state.withLock { $0.facts.map { "\($0.kind.rawValue) \($0.item.id)" } }
                }
            case .sqlite:
                let database = try ServiceDatabase.temporary(migrations: SQLiteTaskRepository.migrations)
                defer {
                    try? FileManager.default.removeItem(atPath: (database.path as NSString).deletingLastPathComponent)
                }
                try await body(SQLiteTaskRepository(database: database)) {
                    try await database.read { try Outbox.pending(limit: 1000, in: $0) }
                        .map { "\($0.event.type) \($0.event.subject)" }
                }
            }
        }
    }

    struct Refused: Error {}

    private func item(
        _ id: String,
        owner: String = "ana",
        at time: Int64 = 1,
        _ edit: (inout WorkItem) -> Void = { _ in }
    )
        -> WorkItem
    {
        var item = WorkItem(id: id, owner: owner, title: "title \(id)", createdAt: time)
        edit(&item)
        return item
    }

    private func request(_ key: String, digest: UInt8 = 1, forgottenBefore: Int64 = 0, answer: String = "a")
        -> IdempotentRequest
    {
        IdempotentRequest(
            subject: "ana",
            key: key,
            digest: [digest],
            answer: StoredAnswer(status: 201, location: "/x", etag: "\"1\"", body: Array(answer.utf8)),
            forgottenBefore: forgottenBefore
        )
    }

    private func outcome(
        _ repository: any TaskRepository,
        _ id: String,
        _ request: IdempotentRequest,
        at time: Int64 = 1
    ) async throws -> String {
        switch try await repository.create(item(id, at: time), cause: .none, request: request) {
        case .created(let made): "created \(made.id)"
        case .repeated(let answer): "repeated \(String(decoding: answer.body, as: UTF8.self))"
        case .keyReused: "reused"
        }
    }

    @Test("What was created is found, with everything it had", arguments: Form.allCases)
    func creates(_ form: Form) async throws {
        try await form.with { repository, facts in
            let whole = item("1") {
                ($0.notes, $0.assignee, $0.labels, $0.dueAt) = ("n", "ben", ["b", "a", "é\""], 77)
            }
            guard case .created(let stored) = try await repository.create(whole, cause: .none, request: nil) else {
                Issue.record("not created")
                return
            }
            #expect(stored.position > 0)
            var expected = whole
            expected.position = stored.position
            #expect(stored == expected)
            #expect(try await repository.find(id: "1") == stored)
            #expect(try await repository.find(id: "2") == nil)
            #expect(try await facts() == ["task.created 1", "task.assigned 1"])
        }
    }

    @Test(
        "A change is the next version, with its facts; one that is refused, or changes nothing, leaves no trace",
        arguments: Form.allCases
    )
    func changes(_ form: Form) async throws {
        try await form.with { repository, facts in
            _ = try await repository.create(item("1"), cause: .none, request: nil)
            let changed = try await repository.change(id: "1", at: 9, actor: "ana", cause: .none) { item in
                var item = item
                (item.title, item.state, item.labels) = ("new", .done, ["x"])
                return item
            }
            #expect(changed?.version == 2)
            #expect(changed?.updatedAt == 9)
            #expect(try await repository.find(id: "1") == changed)
            let stamp = try await repository.stamp(of: Caller("ana"))
            await #expect(throws: Refused.self) {
                _ = try await repository.change(id: "1", at: 10, actor: "ana", cause: .none) { _ in throw Refused() }
            }
            #expect(try await repository.change(id: "1", at: 10, actor: "ana", cause: .none) { $0 } == changed)
            #expect(try await repository.change(id: "7", at: 10, actor: "ana", cause: .none) { $0 } == nil)
            #expect(try await repository.find(id: "1") == changed)
            #expect(try await repository.stamp(of: Caller("ana")) == stamp)
            #expect(try await facts() == ["task.created 1", "task.completed 1"])
        }
    }

    @Test(
        "A key makes one task, repeats its answer, refuses another request, and is forgotten in time",
        arguments: Form.allCases
    )
    func keys(_ form: Form) async throws {
        try await form.with { repository, facts in
            #expect(try await outcome(repository, "1", request("k", answer: "first")) == "created 1")
            #expect(try await outcome(repository, "2", request("k", answer: "second")) == "repeated first")
            #expect(try await outcome(repository, "3", request("k", digest: 2)) == "reused")
            #expect(try await outcome(repository, "4", request("k2")) == "created 4")
            #expect(try await outcome(repository, "5", request("k", forgottenBefore: 1)) == "repeated first")
            #expect(
                try await outcome(repository, "6", request("k", forgottenBefore: 2, answer: "later"), at: 5)
                    == "created 6"
            )
            #expect(try await outcome(repository, "7", request("k", forgottenBefore: 2)) == "repeated later")
            let told = try await facts()
            #expect(told.count == 3)
        }
    }

    @Test("A caller's list has what he may see, whatever is asked for", arguments: Form.allCases)
    func visibility(_ form: Form) async throws {
        try await form.with { repository, _ in
            for made in [
                item("ana's"), item("given") { $0.assignee = "ben" }, item("ben's", owner: "ben"),
                item("ben's own", owner: "ben") { $0.assignee = "ben" }, item("bin") { $0.deletedAt = 5 },
            ] {
                // Deleting is a change: a store may take only living tasks in.
                var living = made
                living.deletedAt = nil
                _ = try await repository.create(living, cause: .none, request: nil)
                if made.deletedAt != nil {
                    _ = try await repository.change(id: made.id, at: 5, actor: "ana", cause: .none) {
                        var item = $0
                        item.deletedAt = 5
                        return item
                    }
                }
            }
            func ids(_ caller: Caller, _ edit: (inout TaskQuery) -> Void = { _ in }) async throws -> [String] {
                var query = TaskQuery(caller: caller)
                edit(&query)
                return try await repository.list(query).items.map(\.id)
            }
            #expect(try await ids(Caller("ana")) == ["given", "ana's"])
            #expect(try await ids(Caller("ben")) == ["ben's own", "ben's", "given"])
            #expect(try await ids(Caller("ben")) { $0.owner = "ana" } == ["given"])
            #expect(try await ids(Caller("cleo")) { $0.owner = "ana" } == [])
            #expect(try await ids(Caller("cleo")) { $0.assignee = "ben" } == [])
            let all = ["ben's own", "ben's", "given", "ana's"]
            #expect(try await ids(Caller("x", role: .auditor)) == all)
            #expect(try await ids(Caller("x", role: .admin)) == all)
            #expect(try await ids(Caller("ana")) { $0.deleted = true } == ["bin"])
            #expect(try await ids(Caller("ben")) { $0.deleted = true } == [])
            #expect(try await ids(Caller("x", role: .auditor)) { $0.deleted = true } == [])
            #expect(try await ids(Caller("x", role: .admin)) { $0.deleted = true } == ["bin"])
        }
    }

    @Test("The stamp of a caller's lists changes with every change to them", arguments: Form.allCases)
    func stamps(_ form: Form) async throws {
        try await form.with { repository, _ in
            let callers = [Caller("ana"), Caller("ben"), Caller("root", role: .admin)]
            func stamps() async throws -> [Int64] {
                var all: [Int64] = []
                for caller in callers { all.append(try await repository.stamp(of: caller)) }
                return all
            }
            var last = try await stamps()
            func expectChanged(_ which: [Int]) async throws {
                let now = try await stamps()
                for index in which { #expect(now[index] != last[index]) }
                last = now
            }
            _ = try await repository.create(item("1"), cause: .none, request: nil)
            try await expectChanged([0, 2])
            for assignee in ["ben", nil] {
                _ = try await repository.change(id: "1", at: 2, actor: "ana", cause: .none) {
                    var item = $0
                    item.assignee = assignee
                    return item
                }
                try await expectChanged([0, 1, 2])
            }
        }
    }

    @Test("Both stores give the same pages for random questions about random tasks")
    func sameAnswers() async throws {
        try await Form.memory.with { memory, _ in
            try await Form.sqlite.with { sqlite, _ in
                var random = SystemRandomNumberGenerator()
                let users = ["ana", "ben", "cleo"]
                for number in 0..<120 {
                    let made = item(
                        "\(number)",
                        owner: users.randomElement(using: &random) ?? "",
                        at: Int64(number / 4)
                    ) {
                        $0.assignee = Bool.random(using: &random) ? users.randomElement(using: &random) : nil
                        $0.labels = ["a", "b", "c"].filter { _ in Bool.random(using: &random) }
                        $0.dueAt = Bool.random(using: &random) ? Int64.random(in: 0..<20, using: &random) : nil
                    }
                    for store in [memory, sqlite] { _ = try await store.create(made, cause: .none, request: nil) }
                }
                for _ in 0..<150 {
                    var query = TaskQuery(caller: Caller(users.randomElement(using: &random) ?? ""))
                    query.limit = Int.random(in: 1...9, using: &random)
                    query.sort = TaskQuery.Sort.allCases.randomElement(using: &random) ?? .created
                    if Bool.random(using: &random) { query.owner = users.randomElement(using: &random) }
                    if Bool.random(using: &random) { query.assignee = users.randomElement(using: &random) }
                    if Bool.random(using: &random) { query.labels = ["a"] }
                    if Bool.random(using: &random) { query.dueBefore = 12 }
                    if Bool.random(using: &random) { query.dueAfter = 4 }
                    var pages = 0
                    repeat {
                        let (one, two) = (try await memory.list(query), try await sqlite.list(query))
                        #expect(one == two, "\(query)")
                        query.after = one.next
                        pages += 1
                    } while query.after != nil && pages < 50
                }
            }
        }
    }
}
