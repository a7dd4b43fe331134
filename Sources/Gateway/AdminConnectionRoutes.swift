// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import EventLog
internal import HTTPTypes
internal import Hummingbird
internal import Live
internal import StrictJSON

/// `GET /connections` (this node's) and `POST /disconnect` (every node's, over the log).
struct AdminConnectionRoutes {
    var hub: Hub
    var events: AdminEvents

    /// All are counted, so many described, those furthest behind first.
    static let usualLimit = 1000
    static let mostShown = 100_000
    /// A disconnect names one user or session.
    static let maxBody = 4 << 10

    func add(to group: RouterGroup<BasicRequestContext>) {
        group.get("connections") { request, _ in try await connections(request) }
        group.post("disconnect") { request, _ in try await disconnect(request) }
    }

    private func connections(_ request: Request) async throws -> Response {
        let parameters = request.uri.queryParameters
        var limit = Self.usualLimit
        if let text = parameters["limit"] {
            guard let number = Int(text), (0...Self.mostShown).contains(number) else {
                throw AdminProblem.badRequest("\"limit\" is a number from 0 to \(Self.mostShown).")
            }
            limit = number
        }
        let query = ConnectionQuery(
            user: parameters["user"].map { String($0) },
            session: parameters["session"].map { String($0) },
            isSlowOnly: parameters["slow"] == "1"
        )
        let found = await hub.connections(query, limit: limit)
        return AdminServer.json(
            .object([
                .init(name: "count", value: .integer(Int64(found.count))),
                .init(name: "connections", value: .array(found.first.map(Self.json))),
            ])
        )
    }

    private static func json(_ info: ConnectionInfo) -> JSONValue {
        .object([
            .init(name: "conn", value: .string(info.conn)),
            .init(name: "user", value: info.user.map { .string($0) } ?? .null),
            .init(name: "session", value: info.session.map { .string($0) } ?? .null),
            .init(name: "transport", value: .string(info.transport.rawValue)),
            .init(name: "age_seconds", value: .integer(Int64(info.ageSeconds))),
            .init(name: "topics", value: .array(info.topics.map { .string($0) })),
            .init(name: "position", value: .string("\(info.position)")),
            .init(name: "reading", value: .bool(info.isReading)),
            .init(name: "lag_ms", value: .integer(Int64(clamping: info.lagMilliseconds))),
            .init(name: "in_flight_bytes", value: .integer(Int64(info.bytesInFlight))),
            .init(name: "idle_seconds", value: .integer(Int64(info.idleSeconds))),
        ])
    }

    private func disconnect(_ request: Request) async throws -> Response {
        let body: [UInt8]
        do { body = Array(try await request.body.collect(upTo: Self.maxBody).readableBytesView) } catch {
            throw AdminProblem.tooLarge("The body is longer than \(Self.maxBody) bytes.")
        }
        let parsed = try DisconnectRequest(body: body)
        do { _ = try await events.log.append([parsed.event]) } catch { throw AdminEvents.problem(error) }
        return Response(status: .accepted)
    }
}
