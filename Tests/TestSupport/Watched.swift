// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Synchronization

/// State of a fake that many threads change and tests wait for: a waiter is woken by the change that makes its condition true.
package final class Watched<State: Sendable>: Sendable {
    package typealias Condition = @Sendable (State) -> Bool

    private struct Waiter {
        let holds: Condition
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct Inside {
        var state: State
        var waiters: [Waiter] = []
    }

    private let inside: Mutex<Inside>

    package init(_ state: State) { inside = Mutex(Inside(state: state)) }

    package func read<Value: Sendable>(_ body: (State) -> Value) -> Value { inside.withLock { body($0.state) } }

    /// Conditions are looked at again after it, waiters resumed outside the lock.
    @discardableResult
    package func change<Value: Sendable>(_ body: (inout State) -> Value) -> Value {
        let (value, woken) = inside.withLock { inside in
            let value = body(&inside.state)
            let state = inside.state
            let split = inside.waiters.partition { $0.holds(state) }
            let woken = inside.waiters[split...].map(\.continuation)
            inside.waiters.removeSubrange(split...)
            return (value, woken)
        }
        for continuation in woken { continuation.resume() }
        return value
    }

    package func wait(until holds: @escaping Condition) async {
        await withCheckedContinuation { continuation in
            let isTrue = inside.withLock { inside in
                if holds(inside.state) { return true }
                inside.waiters.append(Waiter(holds: holds, continuation: continuation))
                return false
            }
            if isTrue { continuation.resume() }
        }
    }
}
