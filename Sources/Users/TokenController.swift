// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import ServiceKit
internal import StrictJSON
internal import Tokens

/// Logging in, refreshing, revoking. The gateway is its client; no route of the gateway leads here.
struct TokenController: Sendable {
    /// Bytes of a body.
    static let bodyLimit = 8 * 1024

    let logins: LoginGuard
    let tokens: RefreshTokenRepository
    let signing: Signing
    let accessLifetime: Duration
    /// Unix seconds.
    let now: @Sendable () -> Int64

    func addRoutes(to router: Router<ServiceContext>) {
        router.serve(UsersAPI.logIn) { request, context in
            try await ValidationProblem.answering(context.requestID) { try await self.logIn(request, context) }
        }
        router.serve(UsersAPI.refresh) { request, context in
            try await ValidationProblem.answering(context.requestID) { try await self.refresh(request, context) }
        }
        router.serve(UsersAPI.revoke) { request, context in
            try await ValidationProblem.answering(context.requestID) { try await self.revoke(request, context) }
        }
    }

    /// Fields beside the two are not ours and not looked at.
    private func logIn(_ request: Request, _ context: ServiceContext) async throws -> Response {
        var body = try await JSONBody.read(request, limit: Self.bodyLimit)
        let username = body.rawString("username", bytes: 0...1024)
        let password = body.rawString("password", bytes: 0...1024)
        if !body.faults.isEmpty { throw ProblemDetails.unprocessable(body.faults) }
        let credentials = try await self.logins.prove(username, password, request, context, now: self.now())
        return try self.answer(try await self.tokens.start(for: credentials, now: self.now()))
    }

    private func refresh(_ request: Request, _ context: ServiceContext) async throws -> Response {
        guard let token = try await Self.token(in: request) else {
            throw ProblemDetails.invalidRefreshToken("not one of ours")
        }
        switch try await self.tokens.rotate(token, now: self.now()) {
        case .issued(let issued):
            return try self.answer(issued)
        case .refused:
            throw ProblemDetails.invalidRefreshToken("unknown, expired or ended")
        case .reused(let user):
            context.logger.warning("refresh token used twice, family ended", metadata: ["user.id": "\(user)"])
            throw ProblemDetails.invalidRefreshToken("used twice")
        }
    }

    /// 204 for tokens we do not know too (RFC 7009 §2.2): what the caller wants is true already.
    private func revoke(_ request: Request, _ context: ServiceContext) async throws -> Response {
        if let token = try await Self.token(in: request) {
            try await self.tokens.revoke(token, now: self.now())
        }
        return .noContent
    }

    private static func token(in request: Request) async throws -> RefreshToken? {
        var body = try await JSONBody.read(request, limit: Self.bodyLimit)
        let text = body.rawString("refresh_token", bytes: 1...1024)
        try body.finish()
        return RefreshToken(text)
    }

    private func answer(_ issued: RefreshTokenRepository.Issued) throws -> Response {
        let now = self.now()
        let access = try self.signing.issuer.issue(
            subject: issued.user.subject,
            claims: [
                "username": .string(issued.user.username),
                "roles": .array(issued.user.roles.map { .string($0) }),
                "family": .string(String(issued.family)),
            ],
            lifetime: self.accessLifetime,
            now: now
        )
        return .json([
            "access_token": .string(access),
            "token_type": "Bearer",
            "expires_in": .integer(self.accessLifetime.components.seconds),
            "refresh_token": .string(issued.token.text),
            "refresh_expires_in": .integer(max(0, issued.expiresAt - now)),
            "user": issued.user.summary,
        ])
    }
}
