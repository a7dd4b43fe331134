// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import NIOCore
internal import Sessions
internal import StrictJSON

/// `POST /auth/register`: to the backend, then logged in with the same credentials. Where the backend wants something
/// else first (a confirmed e-mail address): 201 without a cookie.
struct RegisterEndpoint {
    let sessions: SessionAuthority
    let limits: AuthLimits

    func answer(_ request: AuthRequest) async throws -> Answer {
        let fields = try request.fields()
        try await self.limits.admit(address: request.client.limitKey, account: nil, now: .now())
        let now = Date()
        switch try await self.sessions.register(fields, replacing: request.sid, client: request.hint, now: now) {
        case .loggedIn(let new):
            return LoginEndpoint(sessions: self.sessions, limits: self.limits).welcome(new, now: now)
        case .registered:
            return .json(201, SessionDocument.none)
        }
    }
}
