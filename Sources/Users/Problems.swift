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

    /// The same for an account that is locked and for one that does not exist.
    static func throttled(_ seconds: Int64) -> ProblemDetails {
        ProblemDetails(
            status: .tooManyRequests,
            code: "rate-limited",
            detail: "Too many attempts. Try again later, or reset the password.",
            headers: [.retryAfter: "\(seconds)"]
        )
    }

    /// Unknown, used, expired, or of another purpose.
    static let invalidMailToken = ProblemDetails(
        status: .unprocessableContent,
        code: "invalid-link",
        detail: "This link is not valid any more. Ask for a new one."
    )

    static let mailUnavailable = ProblemDetails(
        status: .serviceUnavailable,
        code: "mail-unavailable",
        detail: "This service sends no mail. Its operator can set MAIL.",
        headers: [.retryAfter: "3600"]
    )
}
