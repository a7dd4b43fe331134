// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Store

/// Where tasks are kept. Each change is one transaction with the events it tells, the reminder it needs and the key it was
/// asked for with. Held to a contract suite, so that a second store can follow (`TaskRepositoryContract` in the tests).
package protocol TaskRepository: Sendable {
    /// - Parameter request: where the client sent a key: the task is made only if the key is fresh.
    func create(_ item: WorkItem, cause: EventCause, request: IdempotentRequest?) async throws -> TaskCreation

    /// Deleted ones too: what a caller may see is `TaskPolicy`'s question.
    func find(id: String) async throws -> WorkItem?

    /// What the query's caller sees of it.
    func list(_ query: TaskQuery) async throws -> TaskPage

    /// Stores what `decide` makes of the task, as the next version. What it throws is thrown on, and nothing is stored; an equal
    /// task is answered and not stored either.
    /// - Returns: `nil` for an unknown id.
    func change(
        id: String,
        at now: Int64,
        actor: String,
        cause: EventCause,
        _ decide: @escaping @Sendable (WorkItem) throws -> WorkItem
    ) async throws -> WorkItem?

    /// A number that is another one after every change to what the caller may see.
    func stamp(of caller: Caller) async throws -> Int64
}

package enum TaskCreation: Sendable, Hashable {
    case created(WorkItem)
    /// The key is known: what was answered then.
    case repeated(StoredAnswer)
    /// The key is known from another request.
    case keyReused
}
