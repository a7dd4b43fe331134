// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import EventLog
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdTesting
internal import Logging
internal import ServiceKit
internal import StrictJSON
internal import Tasks
internal import TestSupport
internal import Testing

@testable import Store

/// A tasks service under test, its clock in the test's hand.
struct TaskService {
    let harness: ServiceHarness
    let clock: ManualClock
    let bus: RecordingBus
    let application: ServiceApplication

    init(_ extra: [String: String] = [:], harness: ServiceHarness? = nil, clock: ManualClock = ManualClock())
        async throws
    {
        self.harness = try harness ?? ServiceHarness()
        self.clock = clock
        self.bus = RecordingBus()
        var settings = self.harness.settings("tasks")
        settings.extra = extra
        application = try await TasksApp.build(
            settings: settings,
            bus: bus,
            authority: self.harness.authority,
            logger: self.harness.logger,
            now: { clock.now }
        )
    }

    func test(_ body: @escaping @Sendable (TaskClient) async throws -> Void) async throws {
        let harness = harness
        try await application.application.test(.router) { client in
            try await body(TaskClient(client: client, headers: try harness.headers("ana"), harness: harness))
        }
    }
}

/// Speaks to a tasks service as one user.
struct TaskClient: Sendable {
    let client: any TestClientProtocol
    let headers: HTTPFields
    let harness: ServiceHarness

    func `as`(_ subject: String, roles: String...) throws -> TaskClient {
        TaskClient(client: client, headers: try harness.headers(subject, roles: roles), harness: harness)
    }

    func create(_ body: String, key: String? = nil) async throws -> Answer {
        var headers = headers
        if let key { headers[IdempotencyKey.field] = key }
        return try await client.call(.post, "/api/tasks/", headers, body)
    }

    func list(_ query: String = "") async throws -> Answer {
        try await client.call(.get, "/api/tasks/\(query.isEmpty ? "" : "?\(query)")", headers)
    }

    func titles(_ query: String = "") async throws -> [String] {
        let page = try await list(query)
        guard page.status == .ok else { throw Refused(answer: "\(page.status) \(page.body)") }
        return page.body["items"]?.array?.compactMap { $0["title"]?.string } ?? []
    }

    func get(_ id: String, _ more: HTTPFields = [:]) async throws -> Answer {
        try await client.call(.get, "/api/tasks/\(id)", headers + more)
    }

    func patch(_ id: String, _ body: String, ifMatch: String? = nil, type: String? = nil) async throws -> Answer {
        var headers = headers
        headers[.ifMatch] = ifMatch
        if let type { headers[.contentType] = type }
        return try await client.call(.patch, "/api/tasks/\(id)", headers, body)
    }

    func delete(_ id: String, ifMatch: String? = nil) async throws -> Answer {
        var headers = headers
        headers[.ifMatch] = ifMatch
        return try await client.call(.delete, "/api/tasks/\(id)", headers)
    }

    func restore(_ id: String, ifMatch: String? = nil) async throws -> Answer {
        var headers = headers
        headers[.ifMatch] = ifMatch
        return try await client.call(.post, "/api/tasks/\(id)/restore", headers)
    }

    struct Refused: Error { let answer: String }
}

extension Answer {
    var id: String { body["id"]?.string ?? "" }
    var etag: String? { headers[.eTag] }
    var pointers: [String] { body["errors"]?.array?.compactMap { $0["pointer"]?.string } ?? [] }
}

private func + (left: HTTPFields, right: HTTPFields) -> HTTPFields {
    var fields = left
    fields.append(contentsOf: right)
    return fields
}
