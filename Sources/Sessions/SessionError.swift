// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import StrictJSON

/// Doubt about a session: the answer is 503, never 401, and no cookie is cleared.
package enum SessionError: Error, Sendable, Hashable {
    /// `session-store-unavailable`
    case storeUnavailable
    /// `refresh-unavailable`: the access token has run out and no new one is to be had now.
    case refreshUnavailable
}

package enum LoginError: Error, Sendable, Hashable {
    /// 401 `invalid-credentials`
    case invalidCredentials
    /// 422 `validation-failed` with these `errors`.
    case validationFailed(JSONValue)
    /// 429 `rate-limited`: the backend lets nobody try before so many seconds.
    case throttled(seconds: Int)
    /// 502 `login-unavailable`
    case loginUnavailable
    /// 503 `session-store-unavailable`: nobody was logged in, the tokens are revoked.
    case storeUnavailable
    /// 404: this backend takes no registrations.
    case registrationNotOffered
}
