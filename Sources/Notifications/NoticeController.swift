// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Foundation
package import Hummingbird
package import ServiceKit
internal import StrictJSON

/// `/api/notifications/`: a user's own inbox.
package struct NoticeController: Sendable {
    package static let path = "/api/notifications"

    private let repository: any NoticeRepository
    private let now: @Sendable () -> Date

    package init(repository: any NoticeRepository, now: @escaping @Sendable () -> Date = { Date() }) {
        self.repository = repository
        self.now = now
    }

    /// Hummingbird's router takes no notice of a final slash.
    package func addRoutes(to group: RouterGroup<AuthenticatedContext>) {
        group.get("\(Self.path)", use: self.list)
        group.post("\(Self.path)/read-all", use: self.readAll)
        group.post("\(Self.path)/{id}/read", use: self.read)
    }

    @Sendable private func list(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let inbox = try await self.repository.list(owner: context.subject, page: PageRequest(request))
        let unread = JSONValue.Member(name: "unread", value: .integer(Int64(inbox.unread)))
        return .json(.object(inbox.page.json(\.json) + [unread]))
    }

    @Sendable private func read(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let id = try context.parameters.require("id")
        let now = Instant.milliseconds(self.now())
        guard id.utf8.count <= 64,
            let unread = try await self.repository.markRead(id: id, owner: context.subject, at: now)
        else { throw ProblemDetails.notFound }
        return .json(["unread": .integer(Int64(unread))])
    }

    @Sendable private func readAll(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let now = Instant.milliseconds(self.now())
        let marked = try await self.repository.markAllRead(owner: context.subject, at: now)
        return .json(["marked": .integer(Int64(marked)), "unread": 0])
    }
}
