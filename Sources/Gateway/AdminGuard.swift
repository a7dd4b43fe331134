// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Crypto
internal import HTTPTypes
internal import Hummingbird
internal import Settings

/// What stands before every admin request: only peers that name a loopback host, no web page but the operator's own, and a token where
/// something changes or shows data.
///
/// Another page in the operator's browser could otherwise reach this listener by DNS rebinding or a plain form post.
struct AdminGuard<Context: RequestContext>: RouterMiddleware {
    var hosts: [String]
    /// Whether the operator's page is served.
    var consoleIsOn: Bool

    @concurrent
    func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard Self.names(hosts, request.head.authority) else {
            throw AdminProblem(
                .misdirectedRequest,
                "host-not-served",
                "Ask for one of: \(hosts.joined(separator: ", "))."
            )
        }
        guard Self.rule(request).allows(consoleIsOn: consoleIsOn) else {
            let own = consoleIsOn ? "tools and its own page at /" : "tools"
            throw AdminProblem(.forbidden, "browser-refused", "The admin listener answers \(own), no other web page.")
        }
        var response = try await next(request, context)
        for (name, value) in Self.fields where response.headers[name] == nil { response.headers[name] = value }
        return response
    }

    private static func rule(_ request: Request) -> AdminPageRule {
        AdminPageRule(
            method: request.method,
            authority: request.head.authority ?? "",
            site: request.headers[values: .secFetchSite],
            mode: request.headers[values: .secFetchMode],
            origin: request.headers[values: .origin]
        )
    }

    /// Of every answer: neither kept, nor guessed at, nor drawn into another site's page.
    private static var fields: [(HTTPField.Name, String)] {
        [
            (.cacheControl, "no-store"), (.xContentTypeOptions, "nosniff"), (.crossOriginResourcePolicy, "same-origin"),
        ]
    }

    /// Whether `authority` (host and optional port) is one of `hosts`; ports and the case of letters do not count.
    static func names(_ hosts: [String], _ authority: String?) -> Bool {
        guard let authority else { return false }
        let host: Substring
        let rest: Substring
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return false }
            host = authority[..<end].dropFirst()
            rest = authority[end...].dropFirst()
        } else {
            host = authority.prefix { $0 != ":" }
            rest = authority[host.endIndex...]
        }
        guard rest.isEmpty || rest.first == ":" && rest.dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else {
            return false
        }
        return hosts.contains { $0.lowercased() == host.lowercased() }
    }
}

/// Compares the bearer with the admin token without telling by its duration how much was right.
struct AdminToken<Context: RequestContext>: RouterMiddleware {
    private let expected: SHA256.Digest?

    /// - Parameter token: nil where none is configured: then everything behind this middleware is refused.
    init(token: Secret?) {
        expected = token.map { SHA256.hash(data: $0.bytes) }
    }

    @concurrent
    func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard let expected else {
            throw AdminProblem(.forbidden, "admin-token-missing", "Set admin.token in gatecast.yaml to use this.")
        }
        let given = request.headers[.authorization] ?? ""
        // Digests compare in constant time (swift-crypto); hashing both sides hides the length as well.
        guard given.hasPrefix("Bearer "), SHA256.hash(data: Array(given.dropFirst(7).utf8)) == expected else {
            throw AdminProblem(.unauthorized, "admin-token-wrong", "Send Authorization: Bearer <admin.token>.")
        }
        return try await next(request, context)
    }
}

extension HTTPField.Name {
    // Proven: these are tokens (RFC 9110 §5.6.2).
    fileprivate static let secFetchSite = Self("Sec-Fetch-Site")!
    fileprivate static let secFetchMode = Self("Sec-Fetch-Mode")!
}
