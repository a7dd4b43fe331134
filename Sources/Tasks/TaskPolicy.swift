// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import ServiceKit

/// Who may do what. What a caller may not see is `not-found` for him, so that ids tell nobody anything; what he sees and
/// may not do is `forbidden`.
///
/// |  | owner, admin | assignee | auditor |
/// |---|---|---|---|
/// | read, list | yes | yes | yes |
/// | change `state` | yes | yes | no |
/// | change anything else, delete, restore, see deleted ones | yes | no | no |
package enum TaskPolicy {
    package static func canRead(_ item: WorkItem, _ caller: Caller) -> Bool {
        if item.deletedAt != nil { return self.owns(item, caller) }
        return caller.seesEverything || self.owns(item, caller) || item.assignee == caller.subject
    }

    /// Throws unless `caller` may turn `old` into `new`, both being the same task.
    package static func check(_ old: WorkItem, to new: WorkItem, by caller: Caller) throws(ProblemDetails) {
        guard self.canRead(old, caller) else { throw .notFound }
        if self.owns(old, caller) { return }
        guard old.assignee == caller.subject else { throw .forbidden }
        var onlyState = old
        onlyState.state = new.state
        onlyState.completedAt = new.completedAt
        guard onlyState == new else {
            var problem = ProblemDetails.forbidden
            problem.detail = "Of a task that was given to you, you may change the state."
            throw problem
        }
    }

    private static func owns(_ item: WorkItem, _ caller: Caller) -> Bool {
        item.owner == caller.subject || caller.role == .admin
    }
}
