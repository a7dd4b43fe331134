// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Foundation
internal import HTTPTypes
package import Hummingbird
package import ServiceKit
internal import Store
internal import StrictJSON

/// `/api/tasks/`: a user's own tasks.
package struct TaskController: Sendable {
    package static let path = "/api/tasks"

    private let repository: any TaskRepository
    private let now: @Sendable () -> Date

    package init(repository: any TaskRepository, now: @escaping @Sendable () -> Date = { Date() }) {
        self.repository = repository
        self.now = now
    }

    /// Hummingbird's router takes no notice of a final slash: `/api/tasks` and `/api/tasks/` are one route.
    package func addRoutes(to group: RouterGroup<AuthenticatedContext>) {
        group.get("\(Self.path)", use: self.list)
        group.post("\(Self.path)", use: self.create)
        group.get("\(Self.path)/{id}", use: self.find)
    }

    @Sendable private func list(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let page = try await self.repository.list(owner: context.subject, page: PageRequest(request))
        return .json(.object(page.json(\.json)))
    }

    @Sendable private func create(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        var body = try await JSONBody.read(request)
        let title = body.string("title", 1...200)
        let notes = body.optionalString("notes", 0...10_000)
        let dueAt = body.optionalInstant("due_at")
        try body.finish()
        let item = try await self.repository.create(
            WorkItem(
                id: OutboxEvent.freshID(),
                owner: context.subject,
                title: title,
                notes: notes.flatMap { $0.isEmpty ? nil : $0 },
                dueAt: dueAt.map(Instant.milliseconds),
                createdAt: Instant.milliseconds(self.now())
            )
        )
        return .json(item.json, status: .created, headers: [.location: "\(Self.path)/\(item.id)"])
    }

    @Sendable private func find(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let id = try context.parameters.require("id")
        guard id.utf8.count <= 64, let item = try await self.repository.find(id: id, owner: context.subject) else {
            throw ProblemDetails.notFound
        }
        return .json(item.json)
    }
}
