// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import EventLog
internal import StrictJSON

/// What this service understands of a `task.*` event: whose task, and which. Unknown members are passed over, so that the
/// tasks service can add some.
package struct TaskEvent: Sendable, Hashable {
    package static let created = "task.created"

    package let owner: String
    package let taskID: String
    package let title: String

    /// `nil` when the data is not what the contract says; no retry would change that.
    package init?(_ event: DomainEvent) {
        guard let value = try? JSONScanner.parse(event.data),  // why it is malformed helps nobody here
            let owner = value["owner"]?.string, (1...255).contains(owner.utf8.count),
            let id = value["task"]?["id"]?.string, (1...64).contains(id.utf8.count),
            let title = value["task"]?["title"]?.string, title.utf8.count <= 4096
        else { return nil }
        self.owner = owner
        self.taskID = id
        self.title = title
    }
}
