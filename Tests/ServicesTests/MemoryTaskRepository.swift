// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Store
internal import Synchronization
internal import Tasks

/// A second store, in memory: shows that the contract asks for nothing that only SQLite can do.
final class MemoryTaskRepository: TaskRepository {
    struct State {
        var items: [WorkItem] = []
        var facts: [TaskFact] = []
        var keys: [String: IdempotentRequest] = [:]
        var times: [String: Int64] = [:]
        var changes: Int64 = 0
    }

    let state = Mutex(State())

    func create(_ item: WorkItem, cause: EventCause, request: IdempotentRequest?) async throws -> TaskCreation {
        state.withLock { state in
            if let request {
                let name = "\(request.subject) \(request.key)"
                if let known = state.keys[name], (state.times[name] ?? 0) >= request.forgottenBefore {
                    return known.digest == request.digest ? .repeated(known.answer) : .keyReused
                }
                state.keys[name] = request
                state.times[name] = item.createdAt
            }
            var stored = item
            stored.position = Int64(state.items.count + 1)
            state.items.append(stored)
            state.facts += TaskFact.facts(from: nil, to: stored, actor: item.owner)
            state.changes += 1
            return .created(stored)
        }
    }

    func find(id: String) async throws -> WorkItem? { state.withLock { $0.items.first { $0.id == id } } }

    func list(_ query: TaskQuery) async throws -> TaskPage {
        let sort = query.sort
        let rows = state.withLock { $0.items }
            .filter { Self.matches($0, query) }
            .sorted { left, right in
                let isBefore = (sort.key(of: left), left.position) < (sort.key(of: right), right.position)
                return sort.isDescending ? !isBefore : isBefore
            }
            .filter { item in
                guard let after = query.after else { return true }
                let (mine, last) = ((sort.key(of: item), item.position), (after.key, after.position))
                return sort.isDescending ? mine < last : mine > last
            }
        return TaskPage(rows: Array(rows.prefix(query.limit + 1)), query: query)
    }

    private static func matches(_ item: WorkItem, _ query: TaskQuery) -> Bool {
        (item.deletedAt != nil) == query.deleted && TaskPolicy.canRead(item, query.caller)
            && (query.states.isEmpty || query.states.contains(item.state))
            && query.labels.allSatisfy(item.labels.contains)
            && (query.owner == nil || item.owner == query.owner)
            && (query.assignee == nil || item.assignee == query.assignee)
            && query.dueBefore.map { (item.dueAt ?? .max) < $0 } != false
            && query.dueAfter.map { (item.dueAt ?? .min) >= $0 } != false
            && query.text.map { item.title.lowercased().contains($0.lowercased()) } != false
    }

    func change(
        id: String,
        at now: Int64,
        actor: String,
        cause: EventCause,
        _ decide: @escaping @Sendable (WorkItem) throws -> WorkItem
    ) async throws -> WorkItem? {
        try state.withLock { state in
            guard let index = state.items.firstIndex(where: { $0.id == id }) else { return nil }
            let old = state.items[index]
            var new = try decide(old)
            guard new != old else { return old }
            new.version += 1
            new.updatedAt = now
            state.items[index] = new
            state.facts += TaskFact.facts(from: old, to: new, actor: actor)
            state.changes += 1
            return new
        }
    }

    func stamp(of caller: Caller) async throws -> Int64 { state.withLock { $0.changes } }
}
