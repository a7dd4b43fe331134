// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import Sessions

/// `GET /auth/session`: who the cookie speaks for. Never extends the session.
struct SessionEndpoint {
    let sessions: SessionAuthority

    func answer(_ request: AuthRequest) async throws -> Answer {
        guard let sid = request.sid else { return .json(200, SessionDocument.none) }
        guard let session = try await self.sessions.peek(sid, now: Date()) else {
            return .json(200, SessionDocument.none, cookies: SessionCookies.clear())
        }
        return .json(200, SessionDocument.of(session))
    }
}
