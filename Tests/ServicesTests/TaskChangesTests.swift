// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPTypes
internal import StrictJSON
internal import Tasks
internal import TestSupport
import Testing

@Suite("Changing tasks")
struct TaskChangesTests {
    @Test("A patch changes what it names and nothing else, and the ETag with it")
    func patch() async throws {
        let service = try await TaskService()
        let clock = service.clock
        try await service.test { ana in
            let made = try await ana.create(
                #"{"title":"a","notes":"n","labels":["x"],"due_at":"2040-01-01T00:00:00Z","assignee":"ben"}"#
            )
            #expect(made.etag == #""1""#)
            clock.advance(by: .seconds(1))
            let changed = try await ana.patch(
                made.id,
                #"{"title":"b","notes":null,"labels":["y","z"],"assignee":null,"state":"in_progress"}"#,
                ifMatch: made.etag,
                type: "application/merge-patch+json"
            )
            #expect(changed.status == .ok)
            #expect(changed.etag == #""2""#)
            #expect(changed.body["title"] == "b")
            #expect(changed.body["notes"] == .null)
            #expect(changed.body["labels"] == ["y", "z"])
            #expect(changed.body["assignee"] == .null)
            #expect(changed.body["state"] == "in_progress")
            #expect(changed.body["due_at"] == made.body["due_at"])
            #expect(changed.body["created_at"] == made.body["created_at"])
            #expect(changed.body["updated_at"] != made.body["updated_at"])
            #expect(try await ana.get(made.id).body == changed.body)
        }
    }

    @Test("A patch that changes nothing is answered, and is no new version")
    func idle() async throws {
        let service = try await TaskService()
        try await service.test { ana in
            let made = try await ana.create(#"{"title":"a"}"#)
            let same = try await ana.patch(made.id, #"{"title":" a "}"#, ifMatch: made.etag)
            #expect(same.status == .ok)
            #expect(same.etag == made.etag)
            #expect(try await ana.patch(made.id, "{}", ifMatch: made.etag).etag == made.etag)
        }
    }

    @Test("Completing stamps the time, reopening removes it")
    func completes() async throws {
        let service = try await TaskService()
        try await service.test { ana in
            let made = try await ana.create(#"{"title":"a"}"#)
            let done = try await ana.patch(made.id, #"{"state":"done"}"#, ifMatch: made.etag)
            #expect(done.body["completed_at"] == done.body["updated_at"])
            let open = try await ana.patch(made.id, #"{"state":"open"}"#, ifMatch: done.etag)
            #expect(open.body["completed_at"] == .null)
        }
    }

    @Test("Without If-Match 428, with a stale one 412 and the current ETag, and the task is as it was")
    func preconditions() async throws {
        let service = try await TaskService()
        try await service.test { ana in
            let made = try await ana.create(#"{"title":"a"}"#)
            let missing = try await ana.patch(made.id, #"{"title":"b"}"#)
            #expect(missing.status == .preconditionRequired)
            #expect(missing.code == "precondition-required")
            for stale in [#""0""#, #""2""#, #"W/"1""#, #""1 ""#, #""a", "b""#] {
                let refused = try await ana.patch(made.id, #"{"title":"b"}"#, ifMatch: stale)
                #expect(refused.status == (stale == #""1 ""# ? .badRequest : .preconditionFailed), "\(stale)")
                if refused.status == .preconditionFailed { #expect(refused.etag == made.etag) }
            }
            for malformed in ["1", "", #""1"#, #""1" "2""#, "**"] {
                #expect(try await ana.patch(made.id, #"{"title":"b"}"#, ifMatch: malformed).code == "bad-etag")
            }
            #expect(try await ana.get(made.id).body == made.body)
            #expect(try await ana.patch(made.id, #"{"title":"b"}"#, ifMatch: #""7", "1""#).status == .ok)
            #expect(try await ana.patch(made.id, #"{"title":"c"}"#, ifMatch: "*").status == .ok)
        }
    }

    @Test("Of many changes from one ETag exactly one wins")
    func race() async throws {
        let service = try await TaskService()
        try await service.test { ana in
            let made = try await ana.create(#"{"title":"a"}"#)
            let statuses = try await withThrowingTaskGroup(of: HTTPResponse.Status.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        try await ana.patch(made.id, #"{"title":"\#(number)"}"#, ifMatch: made.etag).status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.count { $0 == .ok } == 1)
            #expect(statuses.count { $0 == .preconditionFailed } == 19)
            #expect(try await ana.get(made.id).etag == #""2""#)
        }
    }

    struct Bad: Sendable, CustomTestStringConvertible {
        let body: String
        let pointers: [String]
        var testDescription: String { "\(body.prefix(60)) → \(pointers)" }
        init(_ body: String, _ pointers: String...) { (self.body, self.pointers) = (body, pointers) }
    }

    @Test(
        "A wrong patch is 422 with every fault named, and nothing is changed",
        arguments: [
            Bad("[]", ""), Bad(#"{"title":null}"#, "/title"), Bad(#"{"title":""}"#, "/title"),
            Bad(#"{"state":"finished"}"#, "/state"), Bad(#"{"state":null}"#, "/state"),
            Bad(#"{"id":"x","owner":"ben","version":7}"#, "/id", "/owner", "/version"),
            Bad(#"{"labels":"x"}"#, "/labels"), Bad(#"{"labels":["x","x"]}"#, "/labels"),
            Bad(#"{"labels":[1]}"#, "/labels"), Bad(#"{"labels":[""]}"#, "/labels"),
            Bad(#"{"labels":["\#(String(repeating: "a", count: 51))"]}"#, "/labels"),
            Bad(#"{"labels":[\#((0..<21).map { "\"\($0)\"" }.joined(separator: ","))]}"#, "/labels"),
            Bad(#"{"assignee":7,"due_at":"soon","notes":[]}"#, "/notes", "/assignee", "/due_at"),
            Bad(#"{"assignee":"\#(String(repeating: "a", count: 256))"}"#, "/assignee"),
        ]
    )
    func badPatches(_ bad: Bad) async throws {
        let service = try await TaskService()
        try await service.test { ana in
            let made = try await ana.create(#"{"title":"a"}"#)
            let refused = try await ana.patch(made.id, bad.body, ifMatch: made.etag)
            #expect(refused.status == .unprocessableContent)
            #expect(refused.pointers == bad.pointers)
            #expect(try await ana.get(made.id).body == made.body)
        }
    }

    @Test("Twenty labels of fifty characters are taken")
    func mostLabels() async throws {
        let service = try await TaskService()
        let labels = (10..<30).map { "\"\($0)\(String(repeating: "é", count: 48))\"" }.joined(separator: ",")
        try await service.test { ana in
            let made = try await ana.create(#"{"title":"a","labels":[\#(labels)]}"#)
            #expect(made.status == .created)
            #expect(made.body["labels"]?.array?.count == 20)
        }
    }

    @Test("A deleted task is gone from everywhere but the bin, and comes back as it was")
    func bin() async throws {
        let service = try await TaskService()
        try await service.test { ana in
            let made = try await ana.create(#"{"title":"a","assignee":"ben"}"#)
            #expect(try await ana.delete(made.id).status == .preconditionRequired)
            #expect(try await ana.delete(made.id, ifMatch: #""9""#).status == .preconditionFailed)
            let deleted = try await ana.delete(made.id, ifMatch: made.etag)
            #expect(deleted.status == .noContent)
            #expect(try await ana.get(made.id).status == .notFound)
            #expect(try await ana.titles().isEmpty)
            #expect(try await ana.titles("deleted=true") == ["a"])
            #expect(try await ana.as("ben").titles("deleted=true").isEmpty)
            #expect(try await ana.patch(made.id, #"{"title":"b"}"#, ifMatch: deleted.etag).status == .notFound)
            #expect(try await ana.delete(made.id, ifMatch: deleted.etag).status == .notFound)
            #expect(try await ana.as("ben").restore(made.id, ifMatch: "*").status == .notFound)
            #expect(try await ana.restore(made.id, ifMatch: made.etag).status == .preconditionFailed)
            let back = try await ana.restore(made.id, ifMatch: deleted.etag)
            #expect(back.status == .ok)
            #expect(back.etag == #""3""#)
            #expect(back.body["title"] == "a")
            #expect(back.body["deleted_at"] == .null)
            #expect(try await ana.restore(made.id, ifMatch: back.etag).status == .notFound)
            #expect(try await ana.titles() == ["a"])
        }
    }

    @Test("A client that has the current version is told so in 304")
    func notModified() async throws {
        let service = try await TaskService()
        try await service.test { ana in
            let made = try await ana.create(#"{"title":"a"}"#)
            let same = try await ana.get(made.id, [.ifNoneMatch: #"W/"1""#])
            #expect(same.status == .notModified)
            #expect(same.etag == made.etag)
            #expect(try await ana.get(made.id, [.ifNoneMatch: #""2""#]).status == .ok)
            #expect(try await ana.get(made.id, [.ifNoneMatch: "x"]).code == "bad-etag")
        }
    }

    @Test("An assignee sees the task and moves its state; auditors read, admins do all, others find nothing")
    func roles() async throws {
        let service = try await TaskService()
        try await service.test { ana in
            let made = try await ana.create(#"{"title":"a","assignee":"ben"}"#)
            let ben = try ana.as("ben")
            #expect(try await ben.get(made.id).status == .ok)
            #expect(try await ben.titles() == ["a"])
            let denied = try await ben.patch(made.id, #"{"title":"b"}"#, ifMatch: made.etag)
            #expect(denied.status == .forbidden)
            #expect(
                try await ben.patch(made.id, #"{"state":"open","title":"b"}"#, ifMatch: made.etag).status == .forbidden
            )
            #expect(try await ben.delete(made.id, ifMatch: made.etag).status == .forbidden)
            let moved = try await ben.patch(made.id, #"{"state":"done"}"#, ifMatch: made.etag)
            #expect(moved.status == .ok)

            let cleo = try ana.as("cleo", roles: "reader")
            #expect(try await cleo.get(made.id).status == .notFound)
            #expect(try await cleo.patch(made.id, #"{"state":"open"}"#, ifMatch: "*").status == .notFound)
            #expect(try await cleo.titles().isEmpty)

            let auditor = try ana.as("dora", roles: "auditor")
            #expect(try await auditor.get(made.id).status == .ok)
            #expect(try await auditor.titles() == ["a"])
            #expect(try await auditor.patch(made.id, #"{"state":"open"}"#, ifMatch: "*").status == .forbidden)

            let admin = try ana.as("root", roles: "x", "admin")
            #expect(try await admin.patch(made.id, #"{"title":"c"}"#, ifMatch: moved.etag).status == .ok)
            #expect(try await admin.delete(made.id, ifMatch: "*").status == .noContent)
            #expect(try await admin.titles("deleted=true") == ["a"].map { _ in "c" })
            #expect(try await admin.restore(made.id, ifMatch: "*").status == .ok)
            #expect(try await ana.titles() == ["c"])
        }
    }
}
