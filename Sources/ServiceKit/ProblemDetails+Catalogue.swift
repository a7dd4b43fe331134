// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import HTTPTypes

/// Every problem the services answer with, apart from those of a single endpoint.
extension ProblemDetails {
    /// Never says why: the reason is in the log (jwt.md §6).
    package static let invalidToken = ProblemDetails(
        status: .unauthorized,
        code: "invalid-token",
        headers: [.wwwAuthenticate: #"Bearer realm="gatecast", error="invalid_token""#]
    )

    /// No credentials at all: RFC 6750 §3.1 wants no error code then.
    package static let tokenMissing = ProblemDetails(
        status: .unauthorized,
        code: "token-missing",
        headers: [.wwwAuthenticate: #"Bearer realm="gatecast""#]
    )

    package static let keysUnavailable = ProblemDetails(
        status: .serviceUnavailable,
        code: "keys-unavailable",
        detail: "The keys that verify tokens cannot be fetched right now.",
        headers: [.retryAfter: "5"]
    )

    package static let notFound = ProblemDetails(status: .notFound, code: "not-found")

    package static let internalError = ProblemDetails(status: .internalServerError, code: "internal-error")

    package static func badRequest(_ code: String, _ detail: String) -> ProblemDetails {
        ProblemDetails(status: .badRequest, code: code, detail: detail)
    }

    package static func unprocessable(_ errors: [Fault]) -> ProblemDetails {
        ProblemDetails(status: .unprocessableContent, code: "invalid-body", errors: errors)
    }

    package static func bodyTooLarge(limit: Int) -> ProblemDetails {
        ProblemDetails(
            status: .contentTooLarge,
            code: "body-too-large",
            detail: "The body may have at most \(limit) bytes."
        )
    }

    package static let unsupportedMediaType = ProblemDetails(
        status: .unsupportedMediaType,
        code: "unsupported-media-type",
        detail: "Send the body as Content-Type: application/json."
    )

    package static func methodNotAllowed(_ allowed: [HTTPRequest.Method]) -> ProblemDetails {
        ProblemDetails(
            status: .methodNotAllowed,
            code: "method-not-allowed",
            headers: [.allow: allowed.map(\.rawValue).joined(separator: ", ")]
        )
    }

    package static func storeUnavailable(reason: String) -> ProblemDetails {
        ProblemDetails(
            status: .serviceUnavailable,
            code: "store-unavailable",
            detail: "The data could not be read or written. Nothing was changed.",
            headers: [.retryAfter: "5"],
            reason: reason
        )
    }
}
