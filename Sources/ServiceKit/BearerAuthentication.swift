// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import HTTPTypes
package import Hummingbird
internal import Synchronization
package import Tokens

/// Lets a request pass only with a valid `Authorization: Bearer` token, which it leaves in the context.
///
/// 401 `token-missing` or `invalid-token` without a reason, 503 `keys-unavailable` when no verdict is possible, 400 for two
/// `Authorization` fields (jwt.md §6). Tokens in the query or the body are not read.
package struct BearerAuthentication: RouterMiddleware {
    package typealias Context = ServiceContext

    private let authority: TokenAuthority
    private let seen = SeenTokens()
    /// Unix seconds.
    private let now: @Sendable () -> Int64

    package init(
        authority: TokenAuthority,
        now: @escaping @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970) }
    ) {
        self.authority = authority
        self.now = now
    }

    package func handle(
        _ request: Request,
        context: ServiceContext,
        next: @concurrent (Request, ServiceContext) async throws -> Response
    ) async throws -> Response {
        let text = try Self.token(in: request.headers)
        var context = context
        let (now, generation) = (self.now(), self.authority.generation)
        do {
            if let known = self.seen.lookup(text, now: now, generation: generation) {
                context.token = known
            } else {
                let verified = try await self.authority.verify(text, now: now)
                self.seen.store(text, verified, now: now)
                context.token = verified
            }
        } catch {
            throw Self.problem(for: error)
        }
        return try await next(request, context)
    }

    static func token(in headers: HTTPFields) throws(ProblemDetails) -> String {
        let values = headers[values: .authorization]
        guard let value = values.first else { throw .tokenMissing }
        guard values.count == 1 else {
            throw .badRequest("authorization-repeated", "Send one Authorization field.")
        }
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { throw .tokenMissing }
        return String(parts[1])
    }

    static func problem(for error: TokenError) -> ProblemDetails {
        var problem: ProblemDetails = error.reason == .keysUnavailable ? .keysUnavailable : .invalidToken
        problem.reason = error.reason.rawValue
        return problem
    }
}

/// Verdicts of the last minute, shared by a service's loops: a signature costs a hundred times a look.
private final class SeenTokens: Sendable {
    private let cache = Mutex(TokenCache())

    func lookup(_ token: String, now: Int64, generation: UInt64) -> VerifiedToken? {
        self.cache.withLock { $0.lookup(token, now: now, generation: generation) }
    }

    func store(_ token: String, _ verified: VerifiedToken, now: Int64) {
        self.cache.withLock { $0.store(token, verified, now: now) }
    }
}

extension Router where Context == ServiceContext {
    /// Routes added to the answer need a valid token and get it typed.
    package func authenticated(by authentication: BearerAuthentication) -> RouterGroup<AuthenticatedContext> {
        self.group().add(middleware: authentication).group(context: AuthenticatedContext.self)
    }
}
