// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Sessions
internal import StrictJSON

/// `GET` and `DELETE /sessions?user=` or `?id=`: login sessions, listed without any secret, or ended on every node.
struct AdminSessionRoutes {
    var sessions: SessionAuthority?

    func add(to group: RouterGroup<BasicRequestContext>) {
        group.get("sessions") { request, _ in try await list(request) }
        group.delete("sessions") { request, _ in try await end(request) }
    }

    private enum Target { case user(String), id(String) }

    private func target(_ request: Request) throws -> Target {
        let query = request.uri.queryParameters
        switch (query["user"], query["id"]) {
        case (let user?, nil) where !user.isEmpty: return .user(String(user))
        case (nil, let id?) where !id.isEmpty: return .id(String(id))
        default: throw AdminProblem.badRequest("Name either ?user= or ?id=.")
        }
    }

    private func authority() throws -> SessionAuthority {
        guard let sessions else {
            throw AdminProblem(.notFound, "no-sessions", "This gateway has no sessions: configured.")
        }
        return sessions
    }

    private func list(_ request: Request) async throws -> Response {
        let authority = try authority()
        let found: [SessionInfo]
        do {
            switch try target(request) {
            case .user(let user): found = try await authority.sessions(of: user, current: nil, now: Date())
            case .id(let id): found = try await authority.session(publicID: id, now: Date()).map { [$0] } ?? []
            }
        } catch let error as SessionError {
            throw Self.problem(error)
        }
        return AdminServer.json(.object([.init(name: "sessions", value: .array(found.map(Self.json)))]))
    }

    private func end(_ request: Request) async throws -> Response {
        let authority = try authority()
        let ended: Int
        do {
            switch try target(request) {
            case .user(let user): ended = try await authority.end(user: user)
            case .id(let id): ended = try await authority.end(publicID: id) ? 1 : 0
            }
        } catch let error as SessionError {
            throw Self.problem(error)
        }
        return AdminServer.json(.object([.init(name: "ended", value: .integer(Int64(ended)))]))
    }

    private static func json(_ info: SessionInfo) -> JSONValue {
        .object([
            .init(name: "id", value: .string(info.publicID)),
            .init(name: "user", value: .string(info.subject)),
            .init(name: "created_at", value: .string(info.created.formatted(.iso8601))),
            .init(name: "last_seen_at", value: .string(info.lastSeen.formatted(.iso8601))),
            .init(name: "expires_at", value: .string(info.end.formatted(.iso8601))),
            .init(name: "browser", value: info.client.browser.map { .string($0) } ?? .null),
            .init(name: "network", value: info.client.addressPrefix.map { .string($0) } ?? .null),
        ])
    }

    private static func problem(_ error: SessionError) -> AdminProblem {
        .unavailable(
            "session-store-unavailable",
            "The session store did not do it: \(error). Nothing was ended that is not listed as such."
        )
    }
}
