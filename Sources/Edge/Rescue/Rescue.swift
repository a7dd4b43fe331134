// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
internal import Sessions
internal import StrictJSON
internal import Tokens
internal import Upstreams
internal import Wire

/// The one place where an error becomes a response: RFC 9457 problem documents, the public codes of proxy.md §11 and
/// login.md §10, and the redirect of document navigations to the login page.
enum Rescue {
    struct Context {
        var requestID: RequestID
        /// `nil` on the internal listener and where none is set.
        var loginPage: String?
        /// In development: whom a page navigation may wait for.
        var startingUpstream: String?
    }

    // MARK: Errors of the floors below

    static func refusal(for error: MessageError) -> Refusal {
        let (code, detail): (Refusal.Code, String) =
            switch error.code {
            case .badMessage: (.badMessage, "The request is not well-formed HTTP.")
            case .hostInvalid: (.hostInvalid, "The request must name exactly one valid host.")
            case .pathRefused: (.pathRefused, "The path holds a form this server does not pass on.")
            case .headerRefused: (.headerRefused, "A header field is not allowed in this request.")
            case .uriTooLong: (.uriTooLong, "The request target is too long.")
            case .headTooLarge: (.headTooLarge, "The request head is too large.")
            case .bodyTooLarge: (.bodyTooLarge, "The request body is too large.")
            case .notImplemented: (.notImplemented, "This method or transfer coding is not known here.")
            case .methodNotAllowed: (.methodNotAllowed, "This method is not allowed here.")
            case .expectationFailed: (.expectationFailed, "This expectation cannot be met.")
            }
        var refusal = Refusal(code, detail, reason: error.description)
        if code == .methodNotAllowed { refusal.allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS" }
        if code == .headTooLarge, let field = error.field { refusal.detail = "The header field \(field) is too large." }
        return refusal
    }

    static func refusal(for error: UpstreamError) -> Refusal {
        var refusal = self.plainRefusal(for: error)
        switch error.code {
        case .unreachable, .connectTimeout, .noHealthyEndpoint: refusal.isUpstreamDown = true
        default: break
        }
        return refusal
    }

    private static func plainRefusal(for error: UpstreamError) -> Refusal {
        let reason = error.logDetail
        return switch error.code {
        case .unreachable, .tlsFailed, .reset:
            Refusal(.upstreamUnreachable, "The service behind this path did not answer.", reason: reason)
        case .connectTimeout, .headTimeout, .bodyTimeout:
            Refusal(.upstreamTimeout, "The service behind this path took too long.", reason: reason)
        case .badMessage:
            Refusal(
                .upstreamBadMessage,
                "The service behind this path gave an answer that cannot be passed on.",
                reason: reason
            )
        case .overloaded:
            Refusal(.upstreamOverloaded, "The service behind this path is busy.", reason: reason, retryAfter: 1)
        case .noHealthyEndpoint:
            Refusal(.noHealthyUpstream, "The service behind this path is not available.", reason: reason, retryAfter: 1)
        }
    }

    static func refusal(for error: any Error) -> Refusal {
        switch error {
        case let refusal as Refusal: refusal
        case let error as MessageError: self.refusal(for: error)
        case let error as UpstreamError: self.refusal(for: error)
        case let error as TokenError: self.refusal(for: error)
        case let error as SessionError: self.refusal(for: error)
        case let error as LoginError: self.refusal(for: error)
        default: Refusal(.internalError, "Something went wrong on our side.", reason: "\(error)")
        }
    }

    static func refusal(for error: TokenError) -> Refusal {
        switch error.reason {
        case .keysUnavailable, .revocationsUnavailable:
            Refusal(
                .keysUnavailable,
                "The token cannot be checked just now.",
                reason: error.reason.rawValue,
                retryAfter: 1
            )
        default:
            Refusal(.invalidToken, "The access token is not accepted.", reason: error.reason.rawValue)
        }
    }

    static func refusal(for error: SessionError) -> Refusal {
        switch error {
        case .storeUnavailable:
            Refusal(.sessionStoreUnavailable, "Sessions cannot be read just now.", retryAfter: 1)
        case .refreshUnavailable:
            Refusal(.refreshUnavailable, "The session cannot be refreshed just now.", retryAfter: 1)
        }
    }

    static func refusal(for error: LoginError) -> Refusal {
        switch error {
        case .invalidCredentials:
            return Refusal(.invalidCredentials, "The name or the password is not right.")
        case .validationFailed(let errors):
            var refusal = Refusal(.validationFailed, "Some fields are not accepted.")
            refusal.errors = errors.encoded()
            return refusal
        case .throttled(let seconds):
            return Refusal(.rateLimited, "Too many attempts. Try again later.", reason: "backend", retryAfter: seconds)
        case .loginUnavailable:
            return Refusal(.loginUnavailable, "Logging in is not possible just now.")
        case .storeUnavailable:
            return Refusal(.sessionStoreUnavailable, "Sessions cannot be written just now.", retryAfter: 1)
        case .registrationNotOffered:
            return Refusal(.noRoute, "Registration is not offered here.")
        }
    }

    /// A live close code where an ordinary status can be seen (long-poll).
    static func refusal(for code: CloseCode, retry: Int?) -> Refusal {
        let seconds = max(1, ((retry ?? 1_000) + 999) / 1_000)
        return switch code {
        case .loginRequired: Refusal(.loginRequired, "Log in to receive events.")
        case .sessionEnded, .sessionRenewed: Refusal(.sessionEnded, "The session has ended.")
        case .forbidden: Refusal(.forbidden, "One of the topics is not for you.")
        case .badRequest: Refusal(.badMessage, "The topics or the cursor are not well-formed.")
        case .tooBig: Refusal(.bodyTooLarge, "That was too much at once.")
        case .tooManyConnections, .rateLimited, .tooSlow:
            Refusal(.rateLimited, "Too many live connections.", reason: code.name, retryAfter: seconds)
        case .overloaded, .internal:
            Refusal(.upstreamOverloaded, "Events cannot be delivered just now.", reason: code.name, retryAfter: seconds)
        case .draining, .maxAge: Refusal(.draining, "This server is going away.", retryAfter: seconds)
        }
    }

    /// No session, or one that is certainly gone: then both cookies are cleared.
    static func loginRefusal(wasDead: Bool, because reason: EndReason?) -> Refusal {
        guard wasDead else { return Refusal(.loginRequired, "Log in to see this.") }
        var refusal =
            reason == .expired || reason == .refused
            ? Refusal(.sessionExpired, "The session has expired.", reason: reason?.rawValue)
            : Refusal(.sessionEnded, "The session has ended.", reason: reason?.rawValue)
        refusal.clearsCookies = true
        return refusal
    }

    // MARK: Response

    static func answer(_ refusal: Refusal, to head: MessageHead, context: Context) -> Answer {
        if refusal.isBare { return Answer(status: refusal.status, fields: [("cache-control", "no-store")]) }
        if let page = context.loginPage, Self.wantsLoginPage(refusal, head) {
            return Self.redirect(to: page, from: head, clearsCookies: refusal.clearsCookies)
        }
        if refusal.isUpstreamDown, let upstream = context.startingUpstream, Self.isNavigation(head) {
            return StartingPage.answer(upstream: upstream)
        }
        var fields: [(name: String, value: String)] = [
            ("content-type", "application/problem+json"), ("cache-control", "no-store"),
        ]
        if refusal.status == 401 { fields.append(("www-authenticate", "Bearer realm=\"gatecast\"")) }
        if let allow = refusal.allow { fields.append(("allow", allow)) }
        if let seconds = refusal.retryAfter { fields.append(("retry-after", String(seconds))) }
        if let (policy, state) = refusal.rateLimit {
            fields += [("ratelimit-policy", policy), ("ratelimit", state)]
        }
        if refusal.code == .upgradeRequired, head.version != .http2 {
            fields.append(("upgrade", "websocket"))
        }
        if refusal.clearsCookies {
            for line in SessionCookies.clear() { fields.append(("set-cookie", line)) }
        }
        return Answer(status: refusal.status, fields: fields, body: Self.document(refusal, context.requestID))
    }

    private static func document(_ refusal: Refusal, _ requestID: RequestID) -> [UInt8] {
        var json = Array("{\"type\":\"about:blank\",\"title\":".utf8)
        JSONText.quote(StatusText.reason(refusal.status).description, into: &json)
        json.append(contentsOf: ",\"status\":\(refusal.status),\"detail\":".utf8)
        JSONText.quote(refusal.detail, into: &json)
        json.append(contentsOf: ",\"instance\":\"urn:request:\(requestID)\",\"code\":".utf8)
        JSONText.quote(refusal.code.rawValue, into: &json)
        if let errors = refusal.errors {
            json.append(contentsOf: ",\"errors\":".utf8)
            json.append(contentsOf: errors)
        }
        json.append(UInt8(ascii: "}"))
        return json
    }

    /// Document navigations without a session; fetches never redirect (login.md §10).
    private static func wantsLoginPage(_ refusal: Refusal, _ head: MessageHead) -> Bool {
        switch refusal.code {
        case .loginRequired, .sessionExpired, .sessionEnded: break
        default: return false
        }
        return Self.isNavigation(head)
    }

    private static func isNavigation(_ head: MessageHead) -> Bool {
        guard head.method == .get || head.method == .head else { return false }
        if let mode = head.string(.secFetchMode) { return mode == "navigate" }
        return head.method == .get && (head.string(.accept) ?? "").contains("text/html")
    }

    private static func redirect(to page: String, from head: MessageHead, clearsCookies: Bool) -> Answer {
        let separator = page.contains("?") ? "&" : "?"
        return Answer(
            status: 303,
            fields: [
                ("location", "\(page)\(separator)next=\(QueryText.encode(head.target))"), ("cache-control", "no-store"),
            ]
                + (clearsCookies ? SessionCookies.clear().map { ("set-cookie", $0) } : [])
        )
    }
}
