// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Crypto
package import Foundation
internal import HTTPTypes
package import Hummingbird
package import ServiceKit
internal import Store
internal import StrictJSON

/// `/api/tasks/`: a user's own tasks, and those that were given to him.
package struct TaskController: Sendable {
    package static let path = "/api/tasks"

    private let repository: any TaskRepository
    private let lists: TaskLists
    private let now: @Sendable () -> Date

    package init(
        repository: any TaskRepository,
        lists: TaskLists,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.repository = repository
        self.lists = lists
        self.now = now
    }

    /// Hummingbird's router takes no notice of a final slash: `/api/tasks` and `/api/tasks/` are one route.
    package func addRoutes(to group: RouterGroup<AuthenticatedContext>) {
        group.serve(TasksAPI.list, use: self.list)
        group.serve(TasksAPI.create, use: self.create)
        group.serve(TasksAPI.find, use: self.find)
        group.serve(TasksAPI.patch, use: self.patch)
        group.serve(TasksAPI.delete, use: self.delete)
        group.serve(TasksAPI.restore, use: self.restore)
    }

    // MARK: Reading

    @Sendable private func list(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let query = try TaskQuery(request, caller: Caller(context.token))
        return .json(encoded: try await self.lists.page(query))
    }

    @Sendable private func find(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let id = try Self.id(context)
        guard let item = try await self.repository.find(id: id), item.deletedAt == nil,
            TaskPolicy.canRead(item, Caller(context.token))
        else { throw ProblemDetails.notFound }
        if try request.ifNoneMatch()?.matchesWeakly(item.etag) == true {
            return Response(status: .notModified, headers: [.eTag: item.etag.field, .cacheControl: "no-store"])
        }
        return Self.answer(item)
    }

    // MARK: Creating

    @Sendable private func create(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let key = try IdempotencyKey.of(request)
        var body = try await JSONBody.read(request)
        let now = Instant.milliseconds(self.now())
        let item = WorkItem(
            id: OutboxEvent.freshID(),
            owner: context.subject,
            title: body.taskTitle(),
            notes: body.taskNotes(),
            assignee: body.taskAssignee(),
            labels: body.taskLabels(),
            dueAt: body.taskDueAt(),
            createdAt: now
        )
        try body.finish()
        let answer = StoredAnswer(
            status: HTTPResponse.Status.created.code,
            location: "\(Self.path)/\(item.id)",
            etag: item.etag.field,
            body: item.json.encoded()
        )
        let once = key.map { key in
            IdempotentRequest(
                subject: context.subject,
                key: key,
                digest: Array(SHA256.hash(data: body.canonical)),
                answer: answer,
                forgottenBefore: now - IdempotencyKey.lifetime
            )
        }
        switch try await self.repository.create(item, cause: context.cause, request: once) {
        case .created: return Self.answer(answer)
        case .repeated(let former):
            var response = Self.answer(former)
            response.headers[IdempotencyKey.replayedField] = "true"
            return response
        case .keyReused: throw ProblemDetails.idempotencyKeyReused
        }
    }

    // MARK: Changing

    @Sendable private func patch(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let condition = try request.requiredIfMatch()
        var body = try await JSONBody.read(request, types: TaskPatch.mediaTypes)
        let patch = try TaskPatch(&body)
        let now = Instant.milliseconds(self.now())
        return Self.answer(
            try await self.change(context, condition, isDeleted: false, at: now) { patch.applied(to: $0, at: now) }
        )
    }

    @Sendable private func delete(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let now = Instant.milliseconds(self.now())
        let condition = try request.requiredIfMatch()
        let item = try await self.change(context, condition, isDeleted: false, at: now) { item in
            var item = item
            item.deletedAt = now
            return item
        }
        var response = Response.noContent
        // What restoring needs.
        response.headers[.eTag] = item.etag.field
        return response
    }

    @Sendable private func restore(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let now = Instant.milliseconds(self.now())
        let condition = try request.requiredIfMatch()
        return Self.answer(
            try await self.change(context, condition, isDeleted: true, at: now) { item in
                var item = item
                item.deletedAt = nil
                return item
            }
        )
    }

    /// - Parameter isDeleted: whether it has to be in the bin; else it is not found.
    private func change(
        _ context: AuthenticatedContext,
        _ condition: EntityTagCondition,
        isDeleted: Bool,
        at now: Int64,
        _ edit: @escaping @Sendable (WorkItem) -> WorkItem
    ) async throws -> WorkItem {
        let caller = Caller(context.token)
        let changed = try await self.repository.change(
            id: try Self.id(context),
            at: now,
            actor: caller.subject,
            cause: context.cause
        ) { item in
            guard (item.deletedAt != nil) == isDeleted else { throw ProblemDetails.notFound }
            let edited = edit(item)
            try TaskPolicy.check(item, to: edited, by: caller)
            guard condition.matchesStrongly(item.etag) else {
                throw ProblemDetails.preconditionFailed(current: item.etag)
            }
            return edited
        }
        guard let changed else { throw ProblemDetails.notFound }
        return changed
    }

    // MARK: Answers

    private static func answer(_ item: WorkItem) -> Response {
        .json(item.json, headers: [.eTag: item.etag.field])
    }

    private static func answer(_ stored: StoredAnswer) -> Response {
        .json(
            encoded: stored.body,
            status: .init(code: stored.status),
            headers: [.location: stored.location, .eTag: stored.etag]
        )
    }

    private static func id(_ context: AuthenticatedContext) throws -> String {
        let id = try context.parameters.require("id")
        guard id.utf8.count <= 64 else { throw ProblemDetails.notFound }
        return id
    }
}
