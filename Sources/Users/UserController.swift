// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import ServiceKit
internal import StrictJSON

/// Registering, and who am I.
struct UserController: Sendable {
    let users: UserRepository
    let hasher: PasswordHasher
    /// Unix seconds.
    let now: @Sendable () -> Int64

    func addRoutes(to router: Router<ServiceContext>) {
        router.post("/users") { try await self.register($0, $1) }
    }

    func addRoutes(to group: RouterGroup<AuthenticatedContext>) {
        group.get("/api/users/me") { try await self.whoAmI($0, $1) }
    }

    private func register(_ request: Request, _ context: ServiceContext) async throws -> Response {
        do {
            let body = try await JSONBody.read(request, limit: TokenController.bodyLimit)
            let registration = try Registration(body)
            guard try await !self.users.isTaken(registration.username) else { throw Self.taken }
            let password = try await self.hasher.hash(registration.password)
            let user = try await self.users.create(
                username: registration.username,
                password: password,
                profile: registration.profile,
                now: self.now()
            )
            guard let user else { throw Self.taken }
            return .json(user.full, status: .created)
        } catch let problem as ValidationProblem {
            return problem.response(requestID: context.requestID)
        } catch let problem as ProblemDetails {
            guard let validation = ValidationProblem(problem) else { throw problem }
            return validation.response(requestID: context.requestID)
        } catch is PasswordHasher.Busy {
            throw ProblemDetails.busy
        }
    }

    private func whoAmI(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        // A valid token of a user who is gone: the token says nothing any more.
        guard let id = Int64(context.subject), let user = try await self.users.find(id: id) else {
            throw ProblemDetails.invalidToken
        }
        return .json(user.full)
    }

    private static let taken = ValidationProblem("username", "is already taken")
}
