// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPTypes
package import ServiceKit

/// What the notifications service answers to: its routes and its document are made of this.
package enum NotificationsAPI {
    private static let path = "/api/notifications"
    private static let missing = OpenAPI.Answer.problem(404, "No such notice, or somebody else's.")
    private static let unreadLeft = OpenAPI.Answer(200, "Done.", .object(["unread": .count], isOpen: true))

    static let list = OpenAPI.Operation(
        .get,
        path,
        id: "listNotices",
        "The caller's notices, newest first, and how many of all are unread.",
        parameters: PageRequest.parameters + NoticeFilter.parameters,
        answers: [.init(200, "One page.", .page(of: .reference("Notice"), ["unread": .count]))]
    )

    static let readAll = OpenAPI.Operation(
        .post,
        "\(path)/read-all",
        id: "readAllNotices",
        "Marks every notice of the caller as read.",
        answers: [
            .init(200, "How many this call marked.", .object(["marked": .count, "unread": .count], isOpen: true))
        ]
    )

    static let find = OpenAPI.Operation(
        .get,
        "\(path)/{id}",
        id: "getNotice",
        "One notice.",
        parameters: [.id("notice")],
        answers: [.init(200, "It.", .reference("Notice")), missing]
    )

    static let delete = OpenAPI.Operation(
        .delete,
        "\(path)/{id}",
        id: "deleteNotice",
        "Deletes one notice.",
        parameters: [.id("notice")],
        answers: [unreadLeft, missing]
    )

    static let read = OpenAPI.Operation(
        .post,
        "\(path)/{id}/read",
        id: "readNotice",
        "Marks one notice as read. May be repeated.",
        parameters: [.id("notice")],
        answers: [unreadLeft, missing]
    )

    static let unread = OpenAPI.Operation(
        .post,
        "\(path)/{id}/unread",
        id: "unreadNotice",
        "Marks one notice as unread again. May be repeated.",
        parameters: [.id("notice")],
        answers: [unreadLeft, missing]
    )

    static let preferences = OpenAPI.Operation(
        .get,
        "\(path)/preferences",
        id: "listPreferences",
        "What the caller wants to hear of, kind by kind.",
        answers: [.init(200, "All kinds.", .object(["items": .array(of: .reference("Preference"))], isOpen: true))]
    )

    static let setPreference = OpenAPI.Operation(
        .put,
        "\(path)/preferences/{kind}",
        id: "setPreference",
        "Says what the caller wants to hear of one kind.",
        parameters: [.init(.path, "kind", .oneOf(NoticeKind.names), "Which kind.")],
        body: .object(["inbox": .boolean, "live": .boolean]),
        answers: [.init(200, "As it is now.", .reference("Preference")), .problem(404, "No such kind.")]
    )

    package static let document = OpenAPI.Document(
        title: "notifications-service",
        "Inboxes of the users, and what each wants to hear of.",
        operations: [list, readAll, preferences, setPreference, find, delete, read, unread],
        schemas: [
            "Notice": .object(
                [
                    "id": .string(1...64),
                    "type": .oneOf(NoticeKind.names),
                    "title": .string(),
                    "task": OpenAPI.Schema.object(["id": .string(), "title": OpenAPI.Schema.string().orNull]).orNull,
                    "created_at": .instant,
                    "read_at": OpenAPI.Schema.instant.orNull,
                    "request_id": OpenAPI.Schema.string(1...64).orNull,
                ],
                isOpen: true
            ),
            "Preference": .object(
                ["kind": .oneOf(NoticeKind.names), "inbox": .boolean, "live": .boolean],
                isOpen: true
            ),
        ]
    )
}
