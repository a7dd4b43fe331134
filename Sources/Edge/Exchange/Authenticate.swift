// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import NIOCore
internal import Sessions
internal import Tokens

/// Credentials → caller. A hit in the loop's caches stays on the loop and costs no crypto; a miss asks the session store
/// or the token authority once and comes back once.
struct Authenticate {
    /// What a miss brought back.
    struct Resolved: Sendable {
        var session: SessionLookup?
        var token: VerifiedToken?
        /// Of the revocations, before the token was verified.
        var epoch: UInt64 = 0
        var readAt = Date()
    }

    let worker: EdgeWorker

    /// On the loop, without waiting: from its caches, or by a signature checked here; `nil` where somebody must be asked.
    func now(_ credentials: Credentials) -> Result<Caller, Refusal>? {
        if credentials.isEmpty { return .success(.anonymous(wasDead: false)) }
        // Both: rare, and the subjects must be compared.
        switch (credentials.sid, credentials.bearer) {
        case (let sid?, nil):
            guard self.worker.shared.services.sessions != nil else {
                return .success(.anonymous(wasDead: false))
            }
            let session = self.worker.sessions.lookup(sid, now: Date())
            self.worker.shared.metrics.sessions.looked(session != nil)
            return session.map { .success(.session($0)) }
        case (nil, let raw?):
            let now = Int64(Date().timeIntervalSince1970)
            let authority = self.worker.shared.services.tokens
            // Before the token is judged: a revocation meanwhile has the next request ask again.
            let epoch = authority.revocationEpoch
            let found = self.worker.tokens.lookup(
                raw,
                now: now,
                generation: authority.generation,
                epoch: epoch,
                isRevoked: { authority.isRevoked($0) }
            )
            self.worker.shared.metrics.tokens.looked(found != nil)
            if let found { return .success(.bearer(found, raw: raw)) }
            return self.verified(raw, now: now, epoch: epoch)
        default:
            return nil
        }
    }

    /// A token this loop does not remember. Its signature costs less than half a TLS handshake, which runs here too; a
    /// task and its way back would cost more than most. `nil` where keys have to be fetched first.
    private func verified(_ raw: String, now: Int64, epoch: UInt64) -> Result<Caller, Refusal>? {
        do throws(TokenError) {
            let token = try self.worker.shared.services.tokens.verifyNow(raw, now: now)
            self.worker.tokens.store(raw, token, now: now, epoch: epoch)
            return .success(.bearer(token, raw: raw))
        } catch {
            return error.isAboutKeys ? nil : .failure(Rescue.refusal(for: error))
        }
    }

    /// Off the loop and back: only for a credential that no cache of this loop knows.
    func resolve(_ credentials: Credentials) -> EventLoopFuture<Resolved> {
        let promise = self.worker.loop.makePromise(of: Resolved.self)
        let services = self.worker.shared.services
        promise.completeWithTask {
            var resolved = Resolved()
            if let sid = credentials.sid, let sessions = services.sessions {
                resolved.session = try await sessions.lookup(sid, now: resolved.readAt)
            }
            if let bearer = credentials.bearer {
                let now = Int64(resolved.readAt.timeIntervalSince1970)
                resolved.epoch = services.tokens.revocationEpoch
                resolved.token = try await services.tokens.verify(bearer, now: now)
            }
            return resolved
        }
        return promise.futureResult
    }

    /// On the loop: fills the caches and weighs the two answers against each other.
    /// - Parameter changes: the worker's `sessionChanges` when the store was asked.
    func caller(
        _ credentials: Credentials,
        _ result: Result<Resolved, any Error>,
        askedAt changes: UInt64
    ) -> Result<Caller, Refusal> {
        switch result {
        case .failure(let error):
            if error as? SessionError == .storeUnavailable, credentials.bearer == nil, let sid = credentials.sid,
                let session = self.worker.sessions.lookupDuringOutage(sid, now: Date())
            {
                return .success(.session(session))
            }
            return .failure(Rescue.refusal(for: error))
        case .success(let resolved):
            return self.caller(credentials, resolved, mayKeep: changes == self.worker.sessionChanges)
        }
    }

    /// `mayKeep`: no session has changed since the store was asked. Otherwise what it said may be from before a logout
    /// this loop has heard of already, and keeping it would bring the session back to life.
    private func caller(
        _ credentials: Credentials,
        _ resolved: Resolved,
        mayKeep: Bool
    ) -> Result<Caller, Refusal> {
        if let token = resolved.token, let raw = credentials.bearer {
            let now = Int64(resolved.readAt.timeIntervalSince1970)
            self.worker.tokens.store(raw, token, now: now, epoch: resolved.epoch)
        }
        switch resolved.session {
        case .active(let session):
            if mayKeep, let sid = credentials.sid {
                self.worker.sessions.insert(session, for: sid, now: resolved.readAt)
            }
            if let token = resolved.token, token.subject != session.subject {
                return .failure(
                    Refusal(.ambiguousCredentials, "The session and the access token belong to different users.")
                )
            }
            return .success(.session(session))
        case .dead(let reason):
            if let sid = credentials.sid { self.worker.sessions.drop(sid) }
            if let token = resolved.token, let raw = credentials.bearer { return .success(.bearer(token, raw: raw)) }
            return .success(.anonymous(wasDead: true, because: reason))
        case nil:
            guard let token = resolved.token, let raw = credentials.bearer else {
                return .success(.anonymous(wasDead: false))
            }
            return .success(.bearer(token, raw: raw))
        }
    }
}
