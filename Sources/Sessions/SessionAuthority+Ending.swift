// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Foundation
internal import Logging

extension SessionAuthority {
    /// Ends the session behind a sid; fine if there is none. Throws when the store is away: a logout that did not happen is
    /// not reported.
    package func logout(_ sid: SessionID) async throws(SessionError) {
        try await end(.session(SessionKey(sid)), because: .logout)
    }

    /// Every session of this sid's user. The one asking must live: an expired sid speaks for nobody but itself.
    package func logoutAll(_ sid: SessionID, now: Date) async throws(SessionError) {
        let key = SessionKey(sid)
        guard let sealed = try await reach({ () async throws(SessionStoreError) in try await store.load(key) }) else {
            return
        }
        try await end(now < sealed.end ? .user(sealed.subject, except: nil) : .session(key), because: .logout)
    }

    package func logoutAll(_ sid: SessionID) async throws(SessionError) {
        try await logoutAll(sid, now: Date())
    }

    /// Living sessions, oldest first.
    /// - Parameter current: is marked in the list.
    package func sessions(
        of subject: String,
        current: SessionKey? = nil,
        now: Date
    ) async throws(SessionError) -> [SessionInfo] {
        let all = try await reach { () async throws(SessionStoreError) in try await store.sessions(of: subject) }
        return all.filter { now < $0.end }.map { Self.info($0, current: current) }
    }

    package func session(publicID: String, now: Date) async throws(SessionError) -> SessionInfo? {
        let found = try await reach { () async throws(SessionStoreError) in try await store.find(publicID: publicID) }
        return found.flatMap { now < $0.end ? Self.info($0, current: nil) : nil }
    }

    /// Ends a user's sessions, but one if given. Answers how many.
    @discardableResult
    package func end(user subject: String, except kept: SessionKey? = nil) async throws(SessionError) -> Int {
        try await end(.user(subject, except: kept), because: .revoked)
    }

    /// Ends one session by its public handle.
    /// - Parameter subject: when given, another user's session counts as not found.
    /// - Returns: false when there is none: 404.
    @discardableResult
    package func end(publicID: String, of subject: String? = nil) async throws(SessionError) -> Bool {
        let found = try await reach { () async throws(SessionStoreError) in try await store.find(publicID: publicID) }
        guard let found, subject == nil || found.subject == subject else { return false }
        return try await end(.session(found.key), because: .revoked) > 0
    }

    @discardableResult
    private func end(_ target: SessionTarget, because reason: EndReason) async throws(SessionError) -> Int {
        let ended = try await reach { () async throws(SessionStoreError) in try await store.end(target, because: reason)
        }
        report(ended, reason)
        return ended.count
    }

    /// Tells this node at once and the backend in the background.
    func report(_ ended: [SealedSession], _ reason: EndReason) {
        for session in ended {
            notify(.ended(session.key, reason))
            revoke(refreshToken(of: session))
        }
    }

    func revoke(_ refreshToken: String?) {
        if let refreshToken { revocations.add(refreshToken) }
    }

    private func refreshToken(of session: SealedSession) -> String? {
        guard let sealed = session.tokens.refresh else { return nil }
        do throws(TokenVault.Failure) {
            return try vault.open(sealed, as: .refresh, of: session.key, generation: session.generation)
        } catch {
            logger.warning(
                "an ended session's refresh token does not open and is not revoked",
                metadata: ["session.id": "\(session.publicID)", "reason": "\(error)"]
            )
            return nil
        }
    }

    private static func info(_ session: SealedSession, current: SessionKey?) -> SessionInfo {
        SessionInfo(
            publicID: session.publicID,
            subject: session.subject,
            created: session.created,
            lastSeen: session.lastSeen,
            end: session.end,
            client: session.client,
            isCurrent: session.key == current
        )
    }
}
