// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import EventLog
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import StrictJSON
import TestSupport
import Testing

@testable import Gateway
@testable import gatecast

@Suite("Dead letters on the admin listener")
struct AdminBusTests {
    private struct Refused: Error {}

    /// A bus with two dead letters of the group `notifications`.
    private func bus() async throws -> EmbeddedEventBus {
        var limits = BusLimits()
        limits.attempts = 1
        let bus = EmbeddedEventBus(limits: limits, logger: AdminHarness.logger)
        for id in ["e-1", "e-2"] {
            try await bus.publish(
                DomainEvent(id: id, source: "/tasks", type: "task.created", subject: id, data: Array("{}".utf8))
            )
        }
        let consumer = Task { try await bus.consume(group: "notifications", consumer: "c") { _ in throw Refused() } }
        defer { consumer.cancel() }
        try await eventually { try await bus.deadLetters(limit: 10).count == 2 }
        return bus
    }

    @Test("They are listed, shown, replayed and dropped, by whoever has the token")
    func lifeOfALetter() async throws {
        let bus = try await bus()
        var server = try AdminHarness().server()
        server.deadLetters = bus
        try await Application(router: server.router()).test(.router) { client in
            func call(_ method: HTTPRequest.Method, _ path: String) async throws -> (Int, JSONValue) {
                let answer = try await client.executeRequest(
                    uri: path,
                    method: method,
                    headers: AdminHarness.bearer,
                    body: nil
                )
                let bytes = Array(answer.body.readableBytesView)
                return (answer.status.code, bytes.isEmpty ? .null : try JSONScanner.parse(bytes))
            }
            let open = try await client.executeRequest(uri: "/bus/dead", method: .get, headers: [:], body: nil)
            #expect(open.status == .unauthorized)
            let (status, list) = try await call(.get, "/bus/dead")
            #expect(status == 200)
            let letters = list["items"]?.array ?? []
            #expect(letters.count == 2)
            #expect(letters.first?["group"] == "notifications")
            #expect(letters.first?["event"]?["type"] == "task.created")
            #expect(letters.first.map(BusDeadList.line) == "1  notifications  task.created  e-1  Refused()")
            #expect(try await call(.get, "/bus/dead?limit=1").1["items"]?.array?.count == 1)
            #expect(try await call(.get, "/bus/dead?limit=0").0 == 400)
            #expect(try await call(.get, "/bus/dead?limit=1001").0 == 400)
            #expect(try await call(.get, "/bus/dead/2").1 == letters.last)
            #expect(try await call(.delete, "/bus/dead/2").0 == 204)
            #expect(try await call(.delete, "/bus/dead/2").0 == 404)
            #expect(try await call(.post, "/bus/dead/1/replay").0 == 204)
            #expect(try await call(.post, "/bus/dead/1/replay").0 == 404)
            #expect(try await call(.get, "/bus/dead").1["items"] == [])
        }
    }

    @Test("Without a bus the answer says so")
    func noBus() async throws {
        let server = try AdminHarness().server()
        try await Application(router: server.router()).test(.router) { client in
            let answer = try await client.executeRequest(
                uri: "/bus/dead",
                method: .get,
                headers: AdminHarness.bearer,
                body: nil
            )
            #expect(answer.status == .notFound)
        }
    }

    @Test("Ids that could lead elsewhere never become a path")
    func ids() throws {
        #expect(try DeadLetterID.checked("1767000000123-0") == "1767000000123-0")
        for wrong in ["", "../livez", "1/replay", "1?x", "é", String(repeating: "1", count: 42)] {
            #expect(throws: (any Error).self) { try DeadLetterID.checked(wrong) }
        }
    }
}
