// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import Sessions
internal import StrictJSON
internal import Tokens

/// What a login backend answered, as far as it is looked at.
struct BackendAnswer: Sendable {
    var status: Int
    var body: [UInt8]
    /// `Set-Cookie` values.
    var cookies: [String] = []
    /// `Retry-After` as it came.
    var retryAfter: String?
}

/// Reads a backend's answers the way its preset says. Pure: no I/O, no clock.
struct LoginAnswer {
    /// Strict: no backend sends more levels or members than that.
    private static let limits = JSONLimits(depth: 16, members: 256)

    private let preset: LoginPreset

    init(_ preset: LoginPreset) {
        self.preset = preset
    }

    // MARK: Status

    func judgeLogin(_ answer: BackendAnswer) throws(IdentityError) {
        switch answer.status {
        case 200, 201: return
        case 401 where !isClientFault(answer): throw .invalidCredentials
        case 400 where oauthError(answer) == "invalid_grant": throw .invalidCredentials
        case 400, 422:
            guard !isClientFault(answer) else { throw unavailable(answer) }
            let errors = fieldErrors(answer)
            // Django's serializers say a wrong password in this member, with 400.
            let names = errors.members?.map(\.name) ?? []
            if names == ["non_field_errors"] { throw .invalidCredentials }
            throw .validationFailed(errors)
        case 429: throw throttled(answer)
        default: throw unavailable(answer)
        }
    }

    func judgeRefresh(_ answer: BackendAnswer) throws(IdentityError) {
        switch answer.status {
        case 200, 201: return
        case 401 where !isClientFault(answer): throw .refused
        case 400 where oauthError(answer) == "invalid_grant": throw .refused
        default: throw unavailable(answer)
        }
    }

    func judgeRevocation(_ answer: BackendAnswer) throws(IdentityError) {
        switch answer.status {
        case 200..<300: return
        // Dead already.
        case 400, 401: throw .refused
        default: throw unavailable(answer)
        }
    }

    func judgeRegistration(_ answer: BackendAnswer) throws(IdentityError) {
        switch answer.status {
        case 200..<300: return
        case 400, 409, 422: throw .validationFailed(fieldErrors(answer))
        case 429: throw throttled(answer)
        default: throw unavailable(answer)
        }
    }

    /// A backend that gives no number, or a date (RFC 9110 §10.2.3), is asked again after a minute.
    private func throttled(_ answer: BackendAnswer) -> IdentityError {
        let seconds = answer.retryAfter.flatMap { Int($0) } ?? 60
        return .throttled(seconds: min(max(1, seconds), 86_400))
    }

    private func unavailable(_ answer: BackendAnswer) -> IdentityError {
        let code = oauthError(answer).map { " \($0.prefix(64))" } ?? ""
        return .unavailable("status \(answer.status)\(code)")
    }

    /// `invalid_client` is about the gateway's own credentials, whatever the status.
    private func isClientFault(_ answer: BackendAnswer) -> Bool {
        oauthError(answer) == "invalid_client"
    }

    /// RFC 6749 §5.2.
    private func oauthError(_ answer: BackendAnswer) -> String? {
        object(answer)?["error"]?.string
    }

    /// The `errors` of a problem document, or the whole object, as Django writes it. `{}` when there is neither.
    private func fieldErrors(_ answer: BackendAnswer) -> JSONValue {
        guard let object = object(answer) else { return .object([]) }
        if let errors = object["errors"] { return errors.members == nil ? .object([]) : errors }
        return object
    }

    private func object(_ answer: BackendAnswer) -> JSONValue? {
        // An error page in HTML has no members; its status says enough.
        guard let value = try? JSONScanner.parse(answer.body, limits: Self.limits), value.members != nil else {
            return nil
        }
        return value
    }

    // MARK: Tokens

    func tokens(_ answer: BackendAnswer, now: Date) throws(IdentityError) -> IssuedTokens {
        let object: JSONValue
        do throws(JSONError) {
            object = try JSONScanner.parse(answer.body, limits: Self.limits)
        } catch {
            throw .unreadable("not strict JSON: \(error)")
        }
        guard let access = object[preset.members.access]?.string, !access.isEmpty else {
            throw .unreadable("no string member \(preset.members.access)")
        }
        let claims = try claims(of: access)
        guard !preset.requiresTokenType || claims["token_type"]?.string == "access" else {
            throw .unreadable("the access token does not say token_type access")
        }
        let user = object[preset.members.user]
        let refresh = refreshToken(object, cookies: answer.cookies)
        let accessEnd = earliest(
            expiry(of: claims),
            now.adding(object[preset.members.accessExpiresIn])
        )
        guard let accessEnd else { throw .unreadable("nobody says when the access token ends") }
        return IssuedTokens(
            accessToken: access,
            refreshToken: refresh,
            subject: try subject(claims, user: user),
            claims: claims,
            accessEnd: accessEnd,
            refreshEnd: refresh.flatMap { refreshEnd(of: $0, object, now: now) },
            profile: profile(user)
        )
    }

    private func claims(of token: String) throws(IdentityError) -> JSONValue {
        do throws(TokenError) {
            return try UnverifiedClaims.parse(token)
        } catch {
            throw .unreadable("the access token is not a JWS: \(error)")
        }
    }

    /// An empty member means "in my cookie" (dj-rest-auth#485).
    private func refreshToken(_ object: JSONValue, cookies: [String]) -> String? {
        if let token = object[preset.members.refresh]?.string, !token.isEmpty { return token }
        guard let name = preset.refreshCookie else { return nil }
        for cookie in cookies {
            let pair = cookie.prefix { $0 != ";" }
            guard let equals = pair.firstIndex(of: "="), pair[..<equals].trimmingCharacters(in: .whitespaces) == name
            else {
                continue
            }
            let value = pair[pair.index(after: equals)...].trimmingCharacters(in: .whitespaces)
            if !value.isEmpty { return value }
        }
        return nil
    }

    /// A number and its decimal string are one user (simplejwt#831).
    private func subject(_ claims: JSONValue, user: JSONValue?) throws(IdentityError) -> String {
        let claim = preset.subjectClaims.lazy.compactMap { claims[$0] }.first
        guard let value = claim ?? preset.subjectMember.flatMap({ user?[$0] }) else {
            throw .unreadable("no user id in the claims \(preset.subjectClaims.joined(separator: ", "))")
        }
        let text = value.string ?? value.integer.map { String($0) } ?? ""
        guard (1...255).contains(text.utf8.count) else { throw .unreadable("the user id is no text of 1 to 255 bytes") }
        return text
    }

    private func refreshEnd(of token: String, _ object: JSONValue, now: Date) -> Date? {
        // A refresh token may be opaque: then only the answer can say when it ends.
        let claims = try? UnverifiedClaims.parse(token)
        return earliest(claims.flatMap { expiry(of: $0) }, now.adding(object[preset.members.refreshExpiresIn]))
    }

    private func expiry(of claims: JSONValue) -> Date? {
        guard let seconds = claims["exp"]?.number, seconds >= 0, seconds <= 9_007_199_254_740_992 else { return nil }
        return Date(timeIntervalSince1970: seconds)
    }

    private func earliest(_ a: Date?, _ b: Date?) -> Date? {
        guard let a, let b else { return a ?? b }
        return min(a, b)
    }

    private func profile(_ user: JSONValue?) -> JSONValue {
        .object((user?.members ?? []).filter { preset.profileFields.contains($0.name) && !$0.value.isContainer })
    }
}

extension JSONValue {
    fileprivate var isContainer: Bool { array != nil || members != nil }
}

extension Date {
    /// So many seconds later, if they are a sensible number: up to ten years.
    fileprivate func adding(_ seconds: JSONValue?) -> Date? {
        guard let seconds = seconds?.number, seconds > 0, seconds <= 315_360_000 else { return nil }
        return addingTimeInterval(seconds)
    }
}
