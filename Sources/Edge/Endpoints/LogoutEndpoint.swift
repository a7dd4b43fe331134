// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import Sessions

/// `POST /auth/logout` and `/auth/logout-all`: 204 and both cookies cleared, also without a session. A store that does
/// not answer is a 503: a logout that did not happen is not reported.
struct LogoutEndpoint {
    let sessions: SessionAuthority

    func answer(_ request: AuthRequest, everywhere: Bool) async throws -> Answer {
        if let sid = request.sid {
            if everywhere {
                try await self.sessions.logoutAll(sid)
            } else {
                try await self.sessions.logout(sid)
            }
        }
        return .empty(204, cookies: SessionCookies.clear())
    }
}
