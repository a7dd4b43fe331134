// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import HTTPMessages
internal import Sessions
internal import StrictJSON

/// `GET`, `DELETE /auth/sessions` and `DELETE /auth/sessions/{id}`: this user's sessions, by public id.
struct SessionListEndpoint {
    let sessions: SessionAuthority

    func answer(_ request: AuthRequest) async throws -> Answer {
        let session = try await self.current(request)
        if request.method == .delete {
            try await self.sessions.end(user: session.subject, except: session.key)
            return .empty(204)
        }
        let list = try await self.sessions.sessions(of: session.subject, current: session.key, now: Date())
        return .json(200, JSONValue.array(list.map(Self.item)).encoded())
    }

    func end(_ id: String, _ request: AuthRequest) async throws -> Answer {
        let session = try await self.current(request)
        guard try await self.sessions.end(publicID: id, of: session.subject) else {
            throw Refusal(.noRoute, "You have no such session.")
        }
        return .empty(204, cookies: id == session.publicID ? SessionCookies.clear() : [])
    }

    private func current(_ request: AuthRequest) async throws -> ActiveSession {
        guard let sid = request.sid else { throw Refusal(.loginRequired, "Log in to see your sessions.") }
        switch try await self.sessions.lookup(sid, now: Date()) {
        case .active(let session): return session
        case .dead:
            var refusal = Refusal(.sessionEnded, "The session has ended.")
            refusal.clearsCookies = true
            throw refusal
        }
    }

    private static func item(_ info: SessionInfo) -> JSONValue {
        .object([
            .init(name: "id", value: .string(info.publicID)),
            .init(name: "created", value: .integer(SessionDocument.seconds(info.created))),
            .init(name: "last_seen", value: .integer(SessionDocument.seconds(info.lastSeen))),
            .init(name: "expires_at", value: .integer(SessionDocument.seconds(info.end))),
            .init(name: "browser", value: info.client.browser.map { .string($0) } ?? .null),
            .init(name: "address", value: info.client.addressPrefix.map { .string($0) } ?? .null),
            .init(name: "current", value: .bool(info.isCurrent)),
        ])
    }
}
