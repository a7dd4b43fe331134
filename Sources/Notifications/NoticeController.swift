// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Foundation
package import Hummingbird
package import ServiceKit
internal import StrictJSON

/// `/api/notifications`: a user's own inbox. What it takes and answers is declared in `NotificationsAPI`.
package struct NoticeController: Sendable {
    private let repository: any NoticeRepository
    private let now: @Sendable () -> Date

    package init(repository: any NoticeRepository, now: @escaping @Sendable () -> Date = { Date() }) {
        self.repository = repository
        self.now = now
    }

    package func addRoutes(to group: RouterGroup<AuthenticatedContext>) {
        group.serve(NotificationsAPI.list, use: self.list)
        group.serve(NotificationsAPI.readAll, use: self.readAll)
        group.serve(NotificationsAPI.find, use: self.find)
        group.serve(NotificationsAPI.delete, use: self.delete)
        group.serve(NotificationsAPI.read) { try await self.mark($0, $1, isRead: true) }
        group.serve(NotificationsAPI.unread) { try await self.mark($0, $1, isRead: false) }
    }

    @Sendable private func list(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let inbox = try await self.repository.list(
            owner: context.subject,
            filter: NoticeFilter(request),
            page: PageRequest(request)
        )
        let unread = JSONValue.Member(name: "unread", value: .integer(Int64(inbox.unread)))
        return .json(.object(inbox.page.json(\.json) + [unread]))
    }

    @Sendable private func find(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        guard let notice = try await self.repository.find(id: Self.id(context), owner: context.subject) else {
            throw ProblemDetails.notFound
        }
        return .json(notice.json)
    }

    @Sendable private func readAll(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let marked = try await self.repository.markAllRead(owner: context.subject, at: self.milliseconds)
        return .json(["marked": .integer(Int64(marked)), "unread": 0])
    }

    @Sendable private func delete(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        try Self.answer(
            await self.repository.delete(id: Self.id(context), owner: context.subject, at: self.milliseconds)
        )
    }

    private func mark(_ request: Request, _ context: AuthenticatedContext, isRead: Bool) async throws -> Response {
        try Self.answer(
            await self.repository.mark(
                id: Self.id(context),
                owner: context.subject,
                isRead: isRead,
                at: self.milliseconds
            )
        )
    }

    private static func answer(_ unread: Int?) throws(ProblemDetails) -> Response {
        guard let unread else { throw .notFound }
        return .json(["unread": .integer(Int64(unread))])
    }

    /// One too long to be anybody's is unknown like any other.
    private static func id(_ context: AuthenticatedContext) throws -> String {
        let id = try context.parameters.require("id")
        guard id.utf8.count <= 64 else { throw ProblemDetails.notFound }
        return id
    }

    private var milliseconds: Int64 { Instant.milliseconds(self.now()) }
}
