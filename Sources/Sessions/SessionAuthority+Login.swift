// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Foundation
internal import Logging
internal import Metrics
package import StrictJSON

extension SessionAuthority {
    /// Asks the backend, then makes a session under a fresh sid. The one this browser had before ends (`renewed`): a sid
    /// planted by someone else is worth nothing after a login.
    /// - Parameter fields: the login form as an object; passed to the backend as it is.
    package func login(
        _ fields: JSONValue,
        replacing previous: SessionID? = nil,
        client: ClientHint = ClientHint(),
        now: Date
    ) async throws(LoginError) -> NewSession {
        let issued: IssuedTokens
        do throws(IdentityError) {
            issued = try await provider.login(fields, from: client)
        } catch {
            throw loginError(error)
        }
        guard issued.accessEnd > now, !issued.subject.isEmpty else {
            logger.error("the login backend issued a token that has run out; compare the clocks")
            revoke(issued.refreshToken)
            throw .loginUnavailable
        }
        return try await establish(issued, fields: fields, replacing: previous, client: client, now: now)
    }

    /// Registers, then logs in with the same fields. Once the backend has taken the registration, nothing that follows
    /// undoes it: the answer is `.registered` then.
    package func register(
        _ fields: JSONValue,
        replacing previous: SessionID? = nil,
        client: ClientHint = ClientHint(),
        now: Date
    ) async throws(LoginError) -> RegisterOutcome {
        do throws(IdentityError) {
            try await provider.register(fields, from: client)
        } catch {
            throw loginError(error)
        }
        do throws(LoginError) {
            return .loggedIn(try await login(fields, replacing: previous, client: client, now: now))
        } catch {
            logger.info("registered without a login", metadata: ["reason": "\(error.label)"])
            return .registered
        }
    }

    private func establish(
        _ issued: IssuedTokens,
        fields: JSONValue,
        replacing previous: SessionID?,
        client: ClientHint,
        now: Date
    ) async throws(LoginError) -> NewSession {
        let sid = SessionID.random()
        let sealed = seal(issued, key: SessionKey(sid), fields: fields, client: client, now: now)
        var isCreated = false
        do throws(SessionStoreError) {
            try await store.create(sealed)
            isCreated = true
            if let previous { report(try await store.end(.session(SessionKey(previous)), because: .renewed), .renewed) }
            try await enforceLimit(of: sealed, now: now)
        } catch {
            logger.warning("session store unavailable at a login", metadata: ["reason": "\(error)"])
            // Nobody was told this sid, so what remains of it in the store opens nothing; its tokens are revoked.
            if isCreated { _ = try? await store.end(.session(sealed.key), because: .revoked) }
            revoke(issued.refreshToken)
            throw .storeUnavailable
        }
        do throws(SessionError) {
            guard case .active(let session) = try open(sealed) else { throw .storeUnavailable }
            Counter(label: "gatecast_logins_total", dimensions: [("outcome", "ok")]).increment()
            return NewSession(sid: sid, session: session)
        } catch {
            // The provider has parsed this very token; only a defect of ours leads here.
            throw .loginUnavailable
        }
    }

    private func seal(
        _ issued: IssuedTokens,
        key: SessionKey,
        fields: JSONValue,
        client: ClientHint,
        now: Date
    ) -> SealedSession {
        let absoluteEnd = now.addingTimeInterval(settings.absolute.timeInterval)
        return SealedSession(
            key: key,
            publicID: PublicSessionID.random(),
            subject: issued.subject,
            profile: Self.profile(issued, fields: fields),
            client: ClientSummary(client),
            created: now,
            lastSeen: now,
            absoluteEnd: absoluteEnd,
            idleEnd: min(absoluteEnd, now.addingTimeInterval(settings.idle.timeInterval)),
            tokens: SealedTokens(
                generation: 1,
                access: vault.seal(issued.accessToken, as: .access, of: key, generation: 1),
                refresh: issued.refreshToken.map { vault.seal($0, as: .refresh, of: key, generation: 1) },
                obtained: now,
                accessEnd: issued.accessEnd,
                refreshEnd: issued.refreshEnd
            )
        )
    }

    /// Display fields, cut down to the name and then to nothing where they are too long. A backend that does not say the
    /// name leaves us what was typed, which it has just accepted.
    private static func profile(_ issued: IssuedTokens, fields: JSONValue) -> [UInt8] {
        var members = issued.profile.members ?? []
        if issued.profile["username"] == nil, let typed = fields["username"]?.string {
            members.append(.init(name: "username", value: .string(typed)))
        }
        let bytes = JSONValue.object(members).encoded()
        if bytes.count <= SessionSettings.profileLimit { return bytes }
        let short = JSONValue.object(members.filter { $0.name == "username" }).encoded()
        return short.count <= SessionSettings.profileLimit ? short : Array("{}".utf8)
    }

    /// One session more than allowed ends the oldest.
    private func enforceLimit(of new: SealedSession, now: Date) async throws(SessionStoreError) {
        let living = try await store.sessions(of: new.subject).filter { now < $0.end }
        let surplus = living.count - settings.perUser
        guard surplus > 0 else { return }
        for oldest in living.filter({ $0.key != new.key }).prefix(surplus) {
            report(try await store.end(.session(oldest.key), because: .revoked), .revoked)
        }
    }

    private func loginError(_ error: IdentityError) -> LoginError {
        let mapped: LoginError =
            switch error {
            case .invalidCredentials, .refused: .invalidCredentials
            case .validationFailed(let errors): .validationFailed(errors)
            case .throttled(let seconds): .throttled(seconds: seconds)
            case .noAnswer, .unavailable, .unreadable: .loginUnavailable
            case .notOffered: .registrationNotOffered
            }
        if mapped == .loginUnavailable {
            logger.error("the login backend failed", metadata: ["reason": "\(error)"])
        }
        Counter(label: "gatecast_logins_total", dimensions: [("outcome", mapped.label)]).increment()
        return mapped
    }
}

extension LoginError {
    /// For logs and metrics: the case's name without what the backend said.
    fileprivate var label: String {
        switch self {
        case .invalidCredentials: "invalid_credentials"
        case .validationFailed: "validation_failed"
        case .throttled: "throttled"
        case .loginUnavailable: "login_unavailable"
        case .storeUnavailable: "store_unavailable"
        case .registrationNotOffered: "registration_not_offered"
        }
    }
}
