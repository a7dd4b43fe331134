// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import GRDB
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import ServiceKit
internal import Store
internal import StrictJSON
internal import Tokens

/// What people do with their own account: look, change, confirm, leave. Whatever could take the account away from its owner
/// asks for the password again.
struct AccountController: Sendable {
    let users: UserRepository
    let logins: LoginGuard
    let sendsMail: Bool
    /// Unix seconds.
    let now: @Sendable () -> Int64

    func addRoutes(to group: RouterGroup<AuthenticatedContext>) {
        group.serve(UsersAPI.me) { _, context in
            Response.json(try await self.user(context).full)
        }
        group.serve(UsersAPI.changeMe) { request, context in
            try await ValidationProblem.answering(context.requestID) { try await self.change(request, context) }
        }
        group.serve(UsersAPI.deleteMe) { request, context in
            try await ValidationProblem.answering(context.requestID) { try await self.delete(request, context) }
        }
        group.serve(UsersAPI.changePassword) { request, context in
            try await ValidationProblem.answering(context.requestID) { try await self.changePassword(request, context) }
        }
        group.serve(UsersAPI.verifyAgain, use: self.verifyAgain)
    }

    /// A valid token of a user who is gone, disabled, or whose login has ended says nothing any more. Tokens that were made
    /// before there was `family` tell of no login; they live for minutes.
    private func user(_ context: AuthenticatedContext) async throws -> User {
        guard let id = Int64(context.subject) else { throw ProblemDetails.invalidToken }
        let (now, family) = (self.now(), try Self.family(context))
        let found = try await self.users.database.read { database -> User? in
            if let family, try !RefreshTokenRepository.isAlive(family, of: id, now: now, in: database) { return nil }
            return try UserRepository.find(id: id, in: database)
        }
        guard let found, found.disabledAt == nil else { throw ProblemDetails.invalidToken }
        return found
    }

    /// `display_name` freely; `email` with `current_password`. `null` removes.
    private func change(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let user = try await self.user(context)
        var body = try await JSONBody.read(request, limit: TokenController.bodyLimit)
        let name = body.value("display_name")
        let display = body.optionalString("display_name", 1...100)
        let address = body.value("email")
        let email = Registration.email(&body)
        let password = address == nil ? nil : body.rawString("current_password", bytes: 1...1024)
        if address == nil, body.value("current_password") != nil {
            body.fault("current_password", "is asked for with email only")
        }
        try body.finish()
        var proof: UserRepository.Credentials?
        if let password {
            proof = try await self.logins.prove(user.username, password, request, context, now: self.now())
        }
        let (now, sendsMail, proven) = (self.now(), self.sendsMail, proof)
        try await self.users.database.write { database in
            if let proven { try UserRepository.require(proven, in: database) }
            if name != nil {
                let profile: JSONValue = display.map { ["display_name": .string($0)] } ?? .object([])
                try UserRepository.setProfile(profile, of: user.id, in: database)
            }
            if address != nil, email != user.email {
                try UserRepository.setEmail(email, of: user.id, in: database)
                if sendsMail, let email {
                    try MailQueue.enqueue(.verifyEmail, to: user.id, email: email, now: now, in: database)
                }
            }
        }
        return .json(try await self.user(context).full)
    }

    /// All other logins end; this one goes on.
    private func changePassword(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let user = try await self.user(context)
        var body = try await JSONBody.read(request, limit: TokenController.bodyLimit)
        let current = body.rawString("current_password", bytes: 1...1024)
        let new = body.rawString("new_password", bytes: PasswordRule.bytes)
        if let fault = PasswordRule.fault(new, username: user.username, email: user.email) {
            body.fault("new_password", fault)
        }
        try body.finish()
        let proof = try await self.logins.prove(user.username, current, request, context, now: self.now())
        let hash = try await self.logins.hash(new)
        let (now, family, sendsMail) = (self.now(), try Self.family(context), self.sendsMail)
        try await self.users.database.write { database in
            try UserRepository.require(proof, in: database)
            try UserRepository.changePassword(of: user.id, to: hash, keeping: family, now: now, in: database)
            if sendsMail, let email = user.email {
                try MailQueue.enqueue(.passwordChanged, to: user.id, email: email, now: now, in: database)
            }
        }
        context.logger.info("password changed", metadata: ["user.id": "\(user.id)"])
        return SessionEnding.others(of: user).on(.noContent)
    }

    private func delete(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let user = try await self.user(context)
        var body = try await JSONBody.read(request, limit: TokenController.bodyLimit)
        let password = body.rawString("current_password", bytes: 1...1024)
        try body.finish()
        let proof = try await self.logins.prove(user.username, password, request, context, now: self.now())
        try await self.users.database.write { database in
            try UserRepository.require(proof, in: database)
            try UserRepository.delete(id: user.id, in: database)
        }
        context.logger.notice("user deleted by himself", metadata: ["user.id": "\(user.id)"])
        return SessionEnding.all(of: user).on(.noContent)
    }

    /// 202 also where the address is verified already.
    private func verifyAgain(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let user = try await self.user(context)
        guard self.sendsMail else { throw ProblemDetails.mailUnavailable }
        guard let email = user.email, user.emailVerifiedAt == nil else { return Self.accepted }
        let now = self.now()
        let rule = ThrottleRepository.Rule(subject: .mail(userID: user.id), throttle: RecoveryController.mailThrottle)
        if case .refuse(let seconds) = try await self.logins.throttles.admit([rule], now: now) {
            throw ProblemDetails.throttled(seconds)
        }
        try await self.users.database.write { database in
            try MailQueue.enqueue(.verifyEmail, to: user.id, email: email, now: now, in: database)
        }
        return Self.accepted
    }

    static let accepted = Response(status: .accepted, headers: [.cacheControl: "no-store"])

    private static func family(_ context: AuthenticatedContext) throws -> Int64? {
        guard let claim = context.token.claims["family"] else { return nil }
        guard let family = claim.string.flatMap(Int64.init) else { throw ProblemDetails.invalidToken }
        return family
    }
}
