// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPTypes
internal import Hummingbird
internal import ServiceKit
internal import StrictJSON

/// Registering. The gateway is its client; no route of the gateway leads here.
struct UserController: Sendable {
    let users: UserRepository
    let logins: LoginGuard
    /// Whether there is a way for mail to leave.
    let sendsMail: Bool
    /// Unix seconds.
    let now: @Sendable () -> Int64

    func addRoutes(to router: Router<ServiceContext>) {
        router.serve(UsersAPI.register) { request, context in
            try await ValidationProblem.answering(context.requestID) { try await self.register(request) }
        }
    }

    private func register(_ request: Request) async throws -> Response {
        let body = try await JSONBody.read(request, limit: TokenController.bodyLimit)
        let registration = try Registration(body)
        guard try await !self.users.isTaken(registration.username) else { throw Self.taken }
        let password = try await self.logins.hash(registration.password)
        let (now, sendsMail) = (self.now(), self.sendsMail)
        let user = try await self.users.create(
            username: registration.username,
            password: password,
            profile: registration.profile,
            email: registration.email,
            now: now
        ) { user, database in
            // An address that somebody owns already is accepted all the same, and never verified: whoever registers
            // learns nothing about it.
            if sendsMail, let email = user.email {
                try MailQueue.enqueue(.verifyEmail, to: user.id, email: email, now: now, in: database)
            }
        }
        guard let user else { throw Self.taken }
        return .json(user.full, status: .created)
    }

    /// Usernames are public names: that one is taken can be said.
    private static let taken = ValidationProblem("username", "is already taken")
}
