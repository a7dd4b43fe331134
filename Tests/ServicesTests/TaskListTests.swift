// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import HTTPTypes
internal import HummingbirdTesting
internal import ServiceKit
internal import StrictJSON
internal import Tasks
internal import TestSupport
import Testing

@Suite("Lists of tasks")
struct TaskListTests {
    /// Five tasks, a second apart.
    private func fill(_ ana: TaskClient, _ clock: ManualClock) async throws {
        for body in [
            #"{"title":"Buy milk","labels":["home","food"],"due_at":"2040-03-01T00:00:00Z"}"#,
            #"{"title":"Write report","labels":["work"],"assignee":"ben","due_at":"2040-01-01T00:00:00Z"}"#,
            #"{"title":"Call mum","labels":["home"]}"#,
            #"{"title":"Buy bread","labels":["food","home"],"assignee":"ana","due_at":"2040-02-01T00:00:00Z"}"#,
            #"{"title":"100% done_","due_at":"2040-02-01T00:00:00Z"}"#,
        ] {
            #expect(try await ana.create(body).status == .created)
            clock.advance(by: .seconds(1))
        }
    }

    @Test("Filters narrow, and together they narrow more")
    func filters() async throws {
        let service = try await TaskService()
        let clock = service.clock
        try await service.test { ana in
            try await self.fill(ana, clock)
            _ = try await ana.as("ben").create(#"{"title":"Ben's","assignee":"ana"}"#)
            let report = try await ana.list("q=report").body["items"]?.array?.first?["id"]?.string ?? ""
            _ = try await ana.patch(report, #"{"state":"done"}"#, ifMatch: "*")
            for (query, titles) in [
                ("", ["Ben's", "100% done_", "Buy bread", "Call mum", "Write report", "Buy milk"]),
                ("label=home", ["Buy bread", "Call mum", "Buy milk"]),
                ("label=home&label=food", ["Buy bread", "Buy milk"]),
                ("state=done", ["Write report"]),
                ("state=done,in_progress", ["Write report"]),
                ("state=open&label=work", []),
                ("assignee=me", ["Ben's", "Buy bread"]),
                ("assignee=ben", ["Write report"]),
                ("owner=me&assignee=me", ["Buy bread"]),
                ("owner=me", ["100% done_", "Buy bread", "Call mum", "Write report", "Buy milk"]),
                ("owner=ben", ["Ben's"]),
                ("owner=cleo", []),
                ("q=BUY", ["Buy bread", "Buy milk"]),
                ("q=%25", ["100% done_"]),
                ("q=_", ["100% done_"]),
                ("due_before=2040-02-01T00:00:00Z", ["Write report"]),
                ("due_after=2040-02-01T00:00:00Z", ["100% done_", "Buy bread", "Buy milk"]),
                ("due_after=2040-02-01T00:00:00Z&due_before=2040-02-02T00:00:00Z", ["100% done_", "Buy bread"]),
            ] as [(String, [String])] {
                #expect(try await ana.titles(query) == titles, "\(query)")
            }
        }
    }

    @Test(
        "Each order is complete over its pages, without a gap or a repetition, also where keys are equal",
        arguments: [
            ("created_at", ["Buy milk", "Write report", "Call mum", "Buy bread", "100% done_"]),
            ("-created_at", ["100% done_", "Buy bread", "Call mum", "Write report", "Buy milk"]),
            ("due_at", ["Write report", "Buy bread", "100% done_", "Buy milk", "Call mum"]),
            ("-due_at", ["Call mum", "Buy milk", "100% done_", "Buy bread", "Write report"]),
            ("updated_at", ["Buy milk", "Write report", "Buy bread", "100% done_", "Call mum"]),
            ("-updated_at", ["Call mum", "100% done_", "Buy bread", "Write report", "Buy milk"]),
        ]
    )
    func orders(_ sort: String, _ titles: [String]) async throws {
        let service = try await TaskService()
        let clock = service.clock
        try await service.test { ana in
            try await self.fill(ana, clock)
            let call = try await ana.list("q=Call").body["items"]?.array?.first?["id"]?.string ?? ""
            _ = try await ana.patch(call, #"{"notes":"x"}"#, ifMatch: "*")
            for limit in 1...5 {
                var seen: [String] = []
                var cursor: String?
                repeat {
                    let query = "sort=\(sort)&limit=\(limit)\(cursor.map { "&cursor=\($0)" } ?? "")"
                    let page = try await ana.list(query).body
                    seen += page["items"]?.array?.compactMap { $0["title"]?.string } ?? []
                    cursor = page["next_cursor"]?.string
                } while cursor != nil && seen.count < 20
                #expect(seen == titles, "limit \(limit)")
            }
        }
    }

    @Test("A cursor is good for its own list only, and not once it was changed")
    func cursors() async throws {
        let service = try await TaskService()
        let clock = service.clock
        try await service.test { ana in
            try await self.fill(ana, clock)
            let cursor = try #require(try await ana.list("limit=2&label=home").body["next_cursor"]?.string)
            #expect(try await ana.list("limit=5&label=home&cursor=\(cursor)").status == .ok)
            for query in ["limit=2", "limit=2&label=work", "limit=2&label=home&sort=due_at", "limit=2&label=home&q=x"] {
                let refused = try await ana.list("\(query)&cursor=\(cursor)")
                #expect(refused.code == "bad-cursor")
                #expect(refused.body["detail"]?.string?.contains("Leave it out") == true)
            }
            #expect(try await ana.as("ben").list("limit=2&label=home&cursor=\(cursor)").code == "bad-cursor")
            for index in cursor.indices {
                var changed = cursor
                changed.replaceSubrange(index...index, with: cursor[index] == "A" ? "B" : "A")
                #expect(try await ana.list("label=home&cursor=\(changed)").code == "bad-cursor")
            }
            #expect(try await ana.list("label=home&cursor=\(cursor.dropLast())").code == "bad-cursor")
            #expect(try await ana.list("label=home&cursor=\(cursor)A").code == "bad-cursor")
        }
    }

    @Test(
        "Parameters that make no sense are 400 and say what does",
        arguments: [
            ("limit=0", "bad-limit"), ("limit=101", "bad-limit"), ("limit=99999999999999999999", "bad-limit"),
            ("sort=title", "bad-query"), ("sort=", "bad-query"), ("state=", "bad-query"), ("state=open,", "bad-query"),
            ("state=finished", "bad-query"), ("label=", "bad-query"), ("q=", "bad-query"), ("q=a%00b", "bad-query"),
            ("due_before=yesterday", "bad-query"), ("deleted=1", "bad-query"), ("owner=", "bad-query"),
            ("limit=1&limit=2", "bad-query"), ("page=2", "bad-query"), ("Limit=2", "bad-query"),
            ("cursor=", "bad-cursor"), ("cursor=AAAA", "bad-cursor"),
            ("q=\(String(repeating: "a", count: 101))", "bad-query"),
            ((0..<21).map { "label=\($0)" }.joined(separator: "&"), "bad-query"),
        ]
    )
    func badQueries(_ query: String, _ code: String) async throws {
        let service = try await TaskService()
        try await service.test { ana in
            let answer = try await ana.list(query)
            #expect(answer.status == .badRequest)
            #expect(answer.code == code)
            #expect(answer.headers[.contentType] == "application/problem+json")
            #expect(answer.body["detail"]?.string?.isEmpty == false)
        }
    }

    @Test("What was cached is right again at once after every kind of change, whoever made it, in whichever process")
    func freshness() async throws {
        let harness = try ServiceHarness()
        let one = try await TaskService(harness: harness)
        let two = try await TaskService(harness: harness)
        let other = two.application.application
        try await one.test { ana in
            try await other.test(.router) { client in
                let far = TaskClient(client: client, headers: ana.headers, harness: harness)
                let ben = try far.as("ben")
                let admin = try ana.as("root", roles: "admin")
                func look() async throws -> [[String]] {
                    [try await ana.titles(), try await far.titles(), try await ben.titles(), try await admin.titles()]
                }
                #expect(try await look() == [[], [], [], []])
                let made = try await far.create(#"{"title":"a"}"#)
                #expect(try await look() == [["a"], ["a"], [], ["a"]])
                let given = try await ana.patch(made.id, #"{"title":"b","assignee":"ben"}"#, ifMatch: made.etag)
                #expect(try await look() == [["b"], ["b"], ["b"], ["b"]])
                let taken = try await far.patch(made.id, #"{"assignee":null}"#, ifMatch: given.etag)
                #expect(try await look() == [["b"], ["b"], [], ["b"]])
                let gone = try await far.delete(made.id, ifMatch: taken.etag)
                #expect(try await look() == [[], [], [], []])
                _ = try await ana.restore(made.id, ifMatch: gone.etag)
                #expect(try await look() == [["b"], ["b"], [], ["b"]])
            }
        }
    }
}
