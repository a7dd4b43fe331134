// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPTypes
internal import ServiceKit
internal import Tasks
internal import TestSupport
import Testing

@testable import Store

@Suite("Idempotency keys of the tasks service")
struct TaskIdempotencyTests {
    @Test("The same request again is answered as before, and made once")
    func replay() async throws {
        let service = try await TaskService()
        try await service.test { ana in
            let first = try await ana.create(#"{"title":"a"}"#, key: "k-1")
            let again = try await ana.create(#"{ "title" : "a" }"#, key: "k-1")
            #expect(first.status == .created && again.status == .created)
            #expect(again.body == first.body)
            #expect(again.headers[.location] == first.headers[.location])
            #expect(again.etag == first.etag)
            #expect(first.headers[IdempotencyKey.replayedField] == nil)
            #expect(again.headers[IdempotencyKey.replayedField] == "true")
            #expect(try await ana.titles() == ["a"])
        }
    }

    @Test("The answer stays the first one's, whatever became of the task")
    func afterChange() async throws {
        let service = try await TaskService()
        try await service.test { ana in
            let first = try await ana.create(#"{"title":"a"}"#, key: "k-1")
            _ = try await ana.patch(first.id, #"{"title":"b"}"#, ifMatch: first.etag)
            #expect(try await ana.create(#"{"title":"a"}"#, key: "k-1").body == first.body)
        }
    }

    @Test("Another body under a known key is 422; another user's key is another key; a bad request keeps none")
    func conflicts() async throws {
        let service = try await TaskService()
        try await service.test { ana in
            #expect(try await ana.create(#"{"title":""}"#, key: "k-1").status == .unprocessableContent)
            #expect(try await ana.create(#"{"title":"a"}"#, key: "k-1").status == .created)
            let reused = try await ana.create(#"{"title":"b"}"#, key: "k-1")
            #expect(reused.status == .unprocessableContent)
            #expect(reused.code == "idempotency-key-reused")
            #expect(try await ana.as("ben").create(#"{"title":"b"}"#, key: "k-1").status == .created)
            #expect(try await ana.titles() == ["a"])
        }
    }

    @Test("Many at once with one key make one task and get one answer")
    func race() async throws {
        let service = try await TaskService()
        try await service.test { ana in
            let ids = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<20 { group.addTask { try await ana.create(#"{"title":"a"}"#, key: "k").id } }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(ids.count == 1)
            #expect(try await ana.titles().count == 1)
        }
    }

    @Test("A key is good for a day")
    func expiry() async throws {
        let service = try await TaskService()
        let clock = service.clock
        try await service.test { ana in
            let first = try await ana.create(#"{"title":"a"}"#, key: "k").id
            clock.advance(by: .milliseconds(IdempotencyKey.lifetime))
            #expect(try await ana.create(#"{"title":"a"}"#, key: "k").id == first)
            clock.advance(by: .milliseconds(1))
            let second = try await ana.create(#"{"title":"a"}"#, key: "k").id
            #expect(second != first)
            #expect(try await ana.create(#"{"title":"a"}"#, key: "k").id == second)
        }
    }

    @Test(
        "A key is 1 to 255 visible ASCII characters",
        arguments: [
            (String(repeating: "k", count: 255), true), (String(repeating: "k", count: 256), false), ("a b", false),
            ("é", false), (#""quoted""#, true),
        ]
    )
    func form(_ key: String, _ isGood: Bool) async throws {
        let service = try await TaskService()
        try await service.test { ana in
            let answer = try await ana.create(#"{"title":"a"}"#, key: key)
            #expect(answer.status == (isGood ? .created : .badRequest))
            if !isGood { #expect(answer.code == "bad-idempotency-key") }
        }
    }
}
