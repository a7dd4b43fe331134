// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import NIOCore
internal import Sessions
internal import StrictJSON

/// `POST /auth/login`: credentials to the backend, both cookies and the session document back. No token leaves here.
struct LoginEndpoint {
    let sessions: SessionAuthority
    let limits: AuthLimits

    func answer(_ request: AuthRequest) async throws -> Answer {
        let fields = try request.fields()
        let account = Self.account(fields)
        try await self.limits.admit(address: request.client.limitKey, account: account, now: .now())
        let now = Date()
        do {
            let new = try await self.sessions.login(fields, replacing: request.sid, client: request.hint, now: now)
            if let account { self.limits.passed(account: account) }
            return self.welcome(new, now: now)
        } catch LoginError.invalidCredentials {
            if let account { await self.limits.failed(account: account) }
            throw LoginError.invalidCredentials
        } catch {
            if let account { self.limits.passed(account: account) }
            throw error
        }
    }

    /// Both cookies and the session document: the end of every way in.
    func welcome(_ new: NewSession, now: Date) -> Answer {
        let cookies = SessionCookies.set(
            new.sid,
            until: new.session.absoluteEnd,
            now: now,
            sameSite: self.sessions.settings.sameSite
        )
        return .json(200, SessionDocument.of(new.session), cookies: cookies)
    }

    /// What failures are counted by. Case does not count: it would give an attacker 2^n accounts.
    static func account(_ fields: JSONValue) -> String? {
        (fields["username"]?.string ?? fields["email"]?.string)?.lowercased()
    }
}
