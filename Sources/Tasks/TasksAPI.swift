// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPTypes
package import ServiceKit
internal import StrictJSON

/// What the tasks service answers to: its routes and its document are made of this.
package enum TasksAPI {
    private typealias Schema = OpenAPI.Schema
    private typealias Answer = OpenAPI.Answer

    private static let path = TaskController.path
    private static let etag: KeyValuePairs<String, OpenAPI.Schema> = ["ETag": .string()]
    private static let missing = Answer.problem(404, "No such task, or one the caller may not see.")
    private static let forbidden = Answer.problem(403, "The caller may see it, and may not do this.")
    private static let ifMatch = OpenAPI.Parameter(
        .header,
        "If-Match",
        ["type": "string", "minLength": 1],
        isRequired: true,
        "The ETag that was last read, or `*`."
    )
    private static let conditions = [
        Answer.problem(412, "It was changed since; `ETag` is the current one.").with(headers: etag),
        .problem(428, "`If-Match` is missing."),
    ]

    static let list = OpenAPI.Operation(
        .get,
        path,
        id: "listTasks",
        "The tasks that the caller owns or works on; roles may see more.",
        parameters: TaskQuery.parameters,
        answers: [.init(200, "One page.", .page(of: .reference("Task")))]
    )

    static let create = OpenAPI.Operation(
        .post,
        path,
        id: "createTask",
        "Makes a task of the caller's.",
        parameters: [
            .init(
                .header,
                "Idempotency-Key",
                ["type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"],
                "A request that comes again with it, within a day, is done once."
            )
        ],
        body: .patch([("title", .text(1...200))] + optionalMembers).with("required", ["title"]),
        answers: [
            .init(
                201,
                "Made, now or by the same request before.",
                .reference("Task"),
                headers: ["Location": .string(), "ETag": .string()]
            )
        ]
    )

    static let find = OpenAPI.Operation(
        .get,
        "\(path)/{id}",
        id: "getTask",
        "One task.",
        parameters: [
            .id("task"),
            .init(.header, "If-None-Match", ["type": "string", "minLength": 1], "ETags that are known already."),
        ],
        answers: [
            .init(200, "It.", .reference("Task"), headers: etag), .init(304, "It is the one known.", headers: etag),
            missing,
        ]
    )

    static let patch = OpenAPI.Operation(
        .patch,
        "\(path)/{id}",
        id: "changeTask",
        "Changes the members that are given (RFC 7396). Assignees may change the state, and nothing else.",
        parameters: [.id("task"), ifMatch],
        body: .patch([("title", .text(1...200)), ("state", .oneOf(states))] + optionalMembers),
        mediaTypes: TaskPatch.mediaTypes,
        answers: [.init(200, "As it is now.", .reference("Task"), headers: etag), forbidden, missing] + conditions
    )

    static let delete = OpenAPI.Operation(
        .delete,
        "\(path)/{id}",
        id: "deleteTask",
        "Puts a task into the bin.",
        parameters: [.id("task"), ifMatch],
        answers: [.init(204, "It is there; `ETag` is what restoring needs.", headers: etag), forbidden, missing]
            + conditions
    )

    static let restore = OpenAPI.Operation(
        .post,
        "\(path)/{id}/restore",
        id: "restoreTask",
        "Takes a task back out of the bin.",
        parameters: [.id("task"), ifMatch],
        answers: [.init(200, "As it is now.", .reference("Task"), headers: etag), forbidden, missing] + conditions
    )

    package static let document = OpenAPI.Document(
        title: "tasks-service",
        "Tasks: with notes, labels, a due time, an assignee and a state.",
        operations: [list, create, find, patch, delete, restore],
        schemas: ["Task": task]
    )

    private static let states = WorkItem.State.allCases.map(\.rawValue)
    private static let optionalMembers: [(String, OpenAPI.Schema)] = [
        ("notes", Schema.text(0...10_000).orNull),
        ("assignee", Schema.text(1...255).orNull),
        ("labels", Schema.array(of: .text(1...50), atMost: 20).with("uniqueItems", true).orNull),
        ("due_at", Schema.instant.orNull),
    ]
    private static let task: OpenAPI.Schema = .object(
        [
            "id": .string(1...64), "title": .string(1...200), "notes": Schema.string().orNull, "state": .oneOf(states),
            "labels": .array(of: .string(1...50), atMost: 20), "owner": .string(), "assignee": Schema.string().orNull,
            "due_at": Schema.instant.orNull, "created_at": .instant, "updated_at": .instant,
            "completed_at": Schema.instant.orNull, "deleted_at": Schema.instant.orNull, "version": .count,
        ],
        isOpen: true
    )
}
