// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import ServiceKit

/// Where tasks are kept. Every question names the owner: there is no way to ask for somebody else's.
package protocol TaskRepository: Sendable {
    /// Stores the task and, in the same transaction, the event that tells the other services about it.
    func create(_ item: WorkItem) async throws -> WorkItem
    /// `nil` for an unknown id and for another owner's.
    func find(id: String, owner: String) async throws -> WorkItem?
    /// Newest first.
    func list(owner: String, page: PageRequest) async throws -> Page<WorkItem>
}
