// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Foundation
package import StrictJSON

/// Whoever knows the passwords and issues the tokens: a users service behind an upstream today, an OIDC provider later.
package protocol IdentityProvider: Sendable {
    /// - Parameter client: whose attempt it is; the backend counts guesses by it.
    func login(_ fields: JSONValue, from client: ClientHint) async throws(IdentityError) -> IssuedTokens
    /// At most 5 s. The caller never sends one token twice unless the answer was lost.
    func refresh(_ token: String) async throws(IdentityError) -> IssuedTokens
    func revoke(_ token: String) async throws(IdentityError)
    func register(_ fields: JSONValue, from client: ClientHint) async throws(IdentityError)
}

/// What a backend issued, read and judged by the provider.
package struct IssuedTokens: Sendable, Hashable {
    package var accessToken: String
    /// After a refresh, `nil` keeps the old one; after a login there is none.
    package var refreshToken: String?
    package var subject: String
    /// The access token's claims.
    package var claims: JSONValue
    package var accessEnd: Date
    package var refreshEnd: Date?
    /// Allow-listed display fields, an object. After a refresh it is not looked at.
    package var profile: JSONValue

    package init(
        accessToken: String,
        refreshToken: String?,
        subject: String,
        claims: JSONValue,
        accessEnd: Date,
        refreshEnd: Date?,
        profile: JSONValue = .object([])
    ) {
        self.accessToken = accessToken
        self.refreshToken = refreshToken
        self.subject = subject
        self.claims = claims
        self.accessEnd = accessEnd
        self.refreshEnd = refreshEnd
        self.profile = profile
    }
}

/// How a backend failed us. The texts are for the log and hold no token and no password.
package enum IdentityError: Error, Sendable, Hashable {
    /// Login: wrong name or password, whichever.
    case invalidCredentials
    /// Login or registration: the backend's field errors, an object.
    case validationFailed(JSONValue)
    /// Login or registration: 429. Not before so many seconds.
    case throttled(seconds: Int)
    /// Refresh: the token is certainly dead (401, or 400 `invalid_grant`).
    case refused
    /// Nothing came back: no connection, a reset, a timeout. The backend may have acted all the same.
    case noAnswer(String)
    /// It answered, and it is its fault or ours: `invalid_client`, 403, 404, 429, 5xx.
    case unavailable(String)
    /// It answered something that is not what the preset says.
    case unreadable(String)
    /// The preset has no path for this.
    case notOffered
}
