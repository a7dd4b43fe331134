// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Why a request is not served, in the words of proxy.md §11 and login.md §10. Thrown and passed around; only `Rescue`
/// makes a response of it.
package struct Refusal: Error, Sendable {
    /// Public and stable. The raw value is the `code` member and the log's `code`.
    package enum Code: String, Sendable, CaseIterable {
        case badMessage = "bad-message"
        case hostInvalid = "host-invalid"
        case pathRefused = "path-refused"
        case headerRefused = "header-refused"
        case ambiguousCredentials = "ambiguous-credentials"
        case invalidCredentials = "invalid-credentials"
        case invalidToken = "invalid-token"
        case loginRequired = "login-required"
        case sessionExpired = "session-expired"
        case sessionEnded = "session-ended"
        case csrfRefused = "csrf-refused"
        case forbidden
        case httpsRequired = "https-required"
        case originRefused = "origin-refused"
        case noRoute = "no-route"
        case methodNotAllowed = "method-not-allowed"
        case requestTimeout = "request-timeout"
        case bodyTooLarge = "body-too-large"
        case uriTooLong = "uri-too-long"
        case typeRefused = "type-refused"
        case expectationFailed = "expectation-failed"
        case hostNotServed = "host-not-served"
        case validationFailed = "validation-failed"
        case upgradeRequired = "upgrade-required"
        case rateLimited = "rate-limited"
        case headTooLarge = "head-too-large"
        case notImplemented = "not-implemented"
        case upstreamUnreachable = "upstream-unreachable"
        case upstreamBadMessage = "upstream-bad-message"
        case upstreamTimeout = "upstream-timeout"
        case loginUnavailable = "login-unavailable"
        case upstreamOverloaded = "upstream-overloaded"
        case draining
        case noHealthyUpstream = "no-healthy-upstream"
        case sessionStoreUnavailable = "session-store-unavailable"
        case refreshUnavailable = "refresh-unavailable"
        case keysUnavailable = "keys-unavailable"
        case internalError = "internal-error"

        package var status: Int {
            switch self {
            case .badMessage, .hostInvalid, .pathRefused, .headerRefused, .ambiguousCredentials: 400
            case .invalidCredentials, .invalidToken, .loginRequired, .sessionExpired, .sessionEnded: 401
            case .csrfRefused, .originRefused, .forbidden, .httpsRequired: 403
            case .noRoute: 404
            case .methodNotAllowed: 405
            case .requestTimeout: 408
            case .bodyTooLarge: 413
            case .uriTooLong: 414
            case .typeRefused: 415
            case .expectationFailed: 417
            case .hostNotServed: 421
            case .validationFailed: 422
            case .upgradeRequired: 426
            case .rateLimited: 429
            case .headTooLarge: 431
            case .internalError: 500
            case .notImplemented: 501
            case .upstreamUnreachable, .upstreamBadMessage, .loginUnavailable: 502
            case .upstreamOverloaded, .draining, .noHealthyUpstream, .sessionStoreUnavailable, .refreshUnavailable,
                .keysUnavailable:
                503
            case .upstreamTimeout: 504
            }
        }
    }

    package var code: Code
    /// One sentence for whoever sent the request. Never an upstream address, a value of theirs, or a stack.
    package var detail: String
    /// For the log alone.
    package var reason: String?
    /// Seconds, for 429 and 503.
    package var retryAfter: Int?
    /// Values of `RateLimit-Policy` and `RateLimit` in a 429.
    var rateLimit: (policy: String, state: String)?
    /// Value of `Allow` in a 405.
    package var allow: String?
    /// The session is certainly gone: both cookies are cleared.
    package var clearsCookies = false
    /// JSON of the `errors` member of a 422, as the backend wrote it.
    package var errors: [UInt8]?
    /// No body at all (a refused WebSocket handshake, login.md §8).
    package var isBare = false
    /// Nothing listens where the upstream should.
    package var isUpstreamDown = false

    package init(_ code: Code, _ detail: String, reason: String? = nil, retryAfter: Int? = nil) {
        self.code = code
        self.detail = detail
        self.reason = reason
        self.retryAfter = retryAfter
    }

    package var status: Int { self.code.status }
}
