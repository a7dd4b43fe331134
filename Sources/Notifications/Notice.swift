// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ServiceKit
package import StrictJSON

/// One line of one user's inbox. (`Notification` is Foundation's.)
package struct Notice: Sendable, Hashable {
    /// What clients know it by.
    package let id: String
    /// The order of arrival; page cursors are made of it. Zero until stored.
    package var position: Int64
    /// The user's id.
    package let owner: String
    package let kind: NoticeKind
    package let title: String
    package let taskID: String?
    package let taskTitle: String?
    /// Unix milliseconds.
    package let createdAt: Int64
    /// Unix milliseconds; `nil` while unread.
    package var readAt: Int64?
    /// `x-request-id` of the request behind it: finds its whole story in the logs. `nil` where time alone was.
    package let requestID: String?

    package init(
        id: String,
        position: Int64 = 0,
        owner: String,
        kind: NoticeKind,
        title: String,
        taskID: String? = nil,
        taskTitle: String? = nil,
        createdAt: Int64,
        readAt: Int64? = nil,
        requestID: String? = nil
    ) {
        self.id = id
        self.position = position
        self.owner = owner
        self.kind = kind
        self.title = title
        self.taskID = taskID
        self.taskTitle = taskTitle
        self.createdAt = createdAt
        self.readAt = readAt
        self.requestID = requestID
    }

    /// As its owner sees it in the inbox.
    package var json: JSONValue {
        [
            "id": .string(self.id),
            "type": .string(self.kind.rawValue),
            "title": .string(self.title),
            "task": self.taskJSON,
            "created_at": .string(Instant.text(milliseconds: self.createdAt)),
            "read_at": self.readAt.map { .string(Instant.text(milliseconds: $0)) } ?? .null,
            "request_id": self.requestID.map { .string($0) } ?? .null,
        ]
    }

    /// What goes out live on the owner's topic, with the number of unread notices after it.
    package func liveJSON(unread: Int) -> JSONValue {
        [
            "type": .string(self.kind.rawValue),
            "notice": [
                "id": .string(self.id),
                "title": .string(self.title),
                "created_at": .string(Instant.text(milliseconds: self.createdAt)),
            ],
            "task": self.taskJSON,
            "unread": .integer(Int64(unread)),
        ]
    }

    private var taskJSON: JSONValue {
        guard let taskID = self.taskID else { return .null }
        return ["id": .string(taskID), "title": self.taskTitle.map { .string($0) } ?? .null]
    }
}
