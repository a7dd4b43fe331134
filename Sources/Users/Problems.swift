// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPTypes
internal import ServiceKit

extension ProblemDetails {
    /// The same for a wrong password, an unknown user and a name that cannot be one.
    static let invalidCredentials = ProblemDetails(
        status: .unauthorized,
        code: "invalid-credentials",
        detail: "Username or password is wrong.",
        headers: [.wwwAuthenticate: #"Bearer realm="gatecast""#]
    )

    /// Unknown, expired, revoked or used twice: the client must log in again.
    static func invalidRefreshToken(_ reason: String) -> ProblemDetails {
        ProblemDetails(
            status: .unauthorized,
            code: "invalid-refresh-token",
            headers: [.wwwAuthenticate: #"Bearer realm="gatecast""#],
            reason: reason
        )
    }

    static let busy = ProblemDetails(
        status: .serviceUnavailable,
        code: "login-busy",
        detail: "Too many logins at once.",
        headers: [.retryAfter: "1"]
    )
}
