// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import HTTPTypes
package import Hummingbird
package import Tokens

/// Lets a request pass only with a valid `Authorization: Bearer` token, which it leaves in the context.
///
/// 401 `token-missing` or `invalid-token` without a reason, 503 `keys-unavailable` when no verdict is possible, 400 for two
/// `Authorization` fields (jwt.md §6). Tokens in the query or the body are not read.
package struct BearerAuthentication: RouterMiddleware {
    package typealias Context = ServiceContext

    private let authority: TokenAuthority
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
        do {
            context.token = try await self.authority.verify(text, now: self.now())
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

extension Router where Context == ServiceContext {
    /// Routes added to the answer need a valid token and get it typed.
    package func authenticated(by authentication: BearerAuthentication) -> RouterGroup<AuthenticatedContext> {
        self.group().add(middleware: authentication).group(context: AuthenticatedContext.self)
    }
}
