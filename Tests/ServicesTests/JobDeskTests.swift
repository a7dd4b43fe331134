// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import ServiceKit
internal import StrictJSON
internal import Tasks
internal import TestSupport
import Testing

@testable import Store

@Suite("Jobs for the people who run a service")
struct JobDeskTests {
    @Test("A reminder is listed, shown, cancelled and retried, and what cannot be done is said")
    func desk() async throws {
        let service = try await TaskService()
        let settings = service.harness.settings("tasks")
        let now = Instant.milliseconds(service.clock.now)
        try await service.test { ana in
            let made = try await ana.create(#"{"title":"a","due_at":"2040-01-01T00:15:00Z"}"#)
            let database = try ServiceDatabase.open(
                path: settings.databasePath,
                migrations: SQLiteTaskRepository.migrations
            )
            let desk = JobDesk(database: database, now: { now })
            let kind = "task.reminder"
            let line = "waiting  task.reminder  \(made.id)  2040-01-01T00:00:00.000Z  attempts 0"
            let list = try await desk.list(states: [], kind: kind, limit: 10)
            #expect(list.hasSuffix(line))
            let id = try #require(Int64(list.prefix { $0 != " " }))
            let shown = try JSONScanner.parse(Array(try await desk.show(id).utf8))
            #expect(shown["key"]?.string == made.id)
            #expect(shown["payload"]?["due_at"]?.integer == 2_208_989_700_000)
            #expect(try await desk.list(states: [.done, .failed], kind: kind, limit: 10) == "No such jobs.")
            #expect(try await desk.cancel(id) == "\(id) cancelled")
            await #expect(throws: JobDesk.Unknown.self) { try await desk.cancel(id) }
            #expect(try await desk.list(states: [], kind: kind, limit: 10).contains("cancelled"))
            #expect(try await desk.retry(id) == "\(id) is due now")
            for act in [desk.show, desk.retry, desk.cancel] {
                let error = await #expect(throws: JobDesk.Unknown.self) { try await act(999) }
                #expect(error?.description.contains("There is no job 999") == true)
            }
        }
    }

    @Test("Where there is no store none is made, and the answer names DATA")
    func noStore() throws {
        let harness = try ServiceHarness()
        let settings = harness.settings("tasks")
        let error = #expect(throws: JobDesk.Unknown.self) {
            _ = try JobDesk.open(settings, migrations: SQLiteTaskRepository.migrations)
        }
        #expect(error?.description.contains("DATA") == true)
        #expect(!FileManager.default.fileExists(atPath: settings.databasePath))
    }
}
