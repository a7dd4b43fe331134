// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import EventLog
internal import HTTPTypes
internal import Hummingbird
internal import StrictJSON

/// What the services' bus set aside, for `gatecast bus dead`.
///
/// | path | answers |
/// |---|---|
/// | `GET /bus/dead?limit=` | `{"items":[{"id","group","reason","event"}]}`, oldest first; `event` is `null` where nobody can read it |
/// | `GET /bus/dead/{id}` | one of them |
/// | `POST /bus/dead/{id}/replay` | 204; back onto the bus for its own group |
/// | `DELETE /bus/dead/{id}` | 204; gone for good |
struct AdminBusRoutes {
    static let maximum = 1000

    /// nil where this process knows no bus.
    var letters: (any DeadLetters)?

    func add(to group: RouterGroup<BasicRequestContext>) {
        group.get("bus/dead") { request, _ in try await list(request) }
        group.get("bus/dead/{id}") { _, context in
            let id = try context.parameters.require("id")
            guard let letter = try await ask({ box throws(EventLogError) in try await box.deadLetter(id) }) else {
                throw Self.unknown
            }
            return AdminServer.json(Self.json(letter))
        }
        group.post("bus/dead/{id}/replay") { _, context in
            let id = try context.parameters.require("id")
            return try await done { box throws(EventLogError) in try await box.replayDeadLetter(id) }
        }
        group.delete("bus/dead/{id}") { _, context in
            let id = try context.parameters.require("id")
            return try await done { box throws(EventLogError) in try await box.dropDeadLetter(id) }
        }
    }

    private static let unknown = AdminProblem(.notFound, "no-dead-letter", "There is no dead letter of this id.")

    private func list(_ request: Request) async throws -> Response {
        var limit = 100
        if let text = request.uri.queryParameters["limit"] {
            guard let number = Int(text), (1...Self.maximum).contains(number) else {
                throw AdminProblem.badRequest("limit must be a whole number from 1 to \(Self.maximum).")
            }
            limit = number
        }
        let wanted = limit
        let letters = try await ask { box throws(EventLogError) in try await box.deadLetters(limit: wanted) }
        return AdminServer.json(["items": .array(letters.map(Self.json))])
    }

    private func done(
        _ act: (any DeadLetters) async throws(EventLogError) -> Bool
    ) async throws(AdminProblem) -> Response {
        guard try await ask(act) else { throw Self.unknown }
        return Response(status: .noContent)
    }

    private func ask<Value>(
        _ question: (any DeadLetters) async throws(EventLogError) -> Value
    ) async throws(AdminProblem) -> Value {
        guard let letters else { throw AdminProblem(.notFound, "no-bus", "This gateway knows no bus of services.") }
        do throws(EventLogError) { return try await question(letters) } catch {
            throw .unavailable("bus-unavailable", "The bus did not answer: \(error.description)")
        }
    }

    private static func json(_ letter: DeadLetter) -> JSONValue {
        [
            "id": .string(letter.id),
            "group": .string(letter.group),
            "reason": .string(letter.reason),
            "event": (try? JSONScanner.parse(letter.event)) ?? .null,  // unreadable events are dead letters too
        ]
    }
}
