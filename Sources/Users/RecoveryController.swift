// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import GRDB
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import ServiceKit
internal import Store
internal import StrictJSON

/// For people who are not logged in: forgot password, and links out of mails. Answers and the time they take are the same
/// whether an address is known or not: the asking request only leaves a job.
struct RecoveryController: Sendable {
    /// Mails to one address or user: 3 an hour.
    static let mailThrottle = Throttle(limit: 3, window: 3600, lock: 3600)
    /// Of one client address: 20 an hour.
    static let addressThrottle = Throttle(limit: 20, window: 3600, lock: 3600)

    let users: UserRepository
    let logins: LoginGuard
    let sendsMail: Bool
    /// Unix seconds.
    let now: @Sendable () -> Int64

    func addRoutes(to router: Router<ServiceContext>) {
        router.serve(UsersAPI.requestReset) { request, context in
            try await ValidationProblem.answering(context.requestID) { try await self.request(request, context) }
        }
        router.serve(UsersAPI.reset) { request, context in
            try await ValidationProblem.answering(context.requestID) { try await self.reset(request, context) }
        }
        router.serve(UsersAPI.verify) { request, context in
            try await ValidationProblem.answering(context.requestID) { try await self.verify(request, context) }
        }
    }

    private func request(_ request: Request, _ context: ServiceContext) async throws -> Response {
        var body = try await JSONBody.read(request, limit: TokenController.bodyLimit)
        let email = body.string("email", 3...254)
        if !email.isEmpty, !MailAddress.isPlausible(email) { body.fault("email", "is not an e-mail address") }
        try body.finish()
        guard self.sendsMail else { throw ProblemDetails.mailUnavailable }
        let now = self.now()
        var rules = [ThrottleRepository.Rule(subject: .resetMail(email), throttle: Self.mailThrottle)]
        if let address = ClientAddress.key(request.headers) {
            rules.append(.init(subject: .resetAddress(address), throttle: Self.addressThrottle))
        }
        if case .refuse(let seconds) = try await self.logins.throttles.admit(rules, now: now) {
            throw ProblemDetails.throttled(seconds)
        }
        do {
            try await self.users.database.write { try MailQueue.request(reset: email, now: now, in: $0) }
        } catch is MailQueue.Full {
            throw ProblemDetails.mailUnavailable
        }
        return AccountController.accepted
    }

    /// Ends every login of the user, takes a lock off the account, and proves that the address is his.
    private func reset(_ request: Request, _ context: ServiceContext) async throws -> Response {
        var body = try await JSONBody.read(request, limit: TokenController.bodyLimit)
        let text = body.rawString("token", bytes: 1...256)
        let password = body.rawString("password", bytes: PasswordRule.bytes)
        let now = self.now()
        // Before the token is looked at, so that a fault in the password does not cost the link.
        if let fault = PasswordRule.fault(password, username: "", email: nil) { body.fault("password", fault) }
        try body.finish()
        guard let token = RefreshToken(text),
            let user = try await self.users.database.read({ database in
                try MailTokenRepository.owner(of: token, .resetPassword, now: now, in: database)
                    .flatMap { try UserRepository.find(id: $0.userID, in: database) }
            }), user.disabledAt == nil
        else { throw ProblemDetails.invalidMailToken }
        if let fault = PasswordRule.fault(password, username: user.username, email: user.email) {
            throw ValidationProblem("password", fault)
        }
        let hash = try await self.logins.hash(password)
        let sendsMail = self.sendsMail
        try await self.users.database.write { database in
            // Once more: of two requests with one link one wins.
            guard let owner = try MailTokenRepository.owner(of: token, .resetPassword, now: now, in: database) else {
                throw ProblemDetails.invalidMailToken
            }
            try UserRepository.changePassword(of: owner.userID, to: hash, keeping: nil, now: now, in: database)
            _ = try UserRepository.verifyEmail(owner.email, of: owner.userID, now: now, in: database)
            try ThrottleRepository.clear(.account(user.username), in: database)
            if sendsMail, let email = user.email {
                try MailQueue.enqueue(.passwordChanged, to: user.id, email: email, now: now, in: database)
            }
        }
        context.logger.notice("password reset", metadata: ["user.id": "\(user.id)"])
        return SessionEnding.all(of: user).on(.noContent)
    }

    private func verify(_ request: Request, _ context: ServiceContext) async throws -> Response {
        var body = try await JSONBody.read(request, limit: TokenController.bodyLimit)
        let text = body.rawString("token", bytes: 1...256)
        try body.finish()
        let now = self.now()
        guard let token = RefreshToken(text) else { throw ProblemDetails.invalidMailToken }
        try await self.users.database.write { database in
            guard let owner = try MailTokenRepository.owner(of: token, .verifyEmail, now: now, in: database) else {
                throw ProblemDetails.invalidMailToken
            }
            guard try UserRepository.verifyEmail(owner.email, of: owner.userID, now: now, in: database) else {
                throw ProblemDetails.invalidMailToken
            }
            try MailTokenRepository.drop(of: owner.userID, .verifyEmail, in: database)
        }
        return .noContent
    }
}
