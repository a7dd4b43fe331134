// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Readers that wait for something new, each with one continuation. Held under a lock; whoever takes one out resumes
/// it.
struct LogWaiters {
    private enum Slot {
        case idle
        case waiting(CheckedContinuation<Void, Never>)
        case cancelled
    }

    private var slots: [UInt64: Slot] = [:]
    private var lastID: UInt64 = 0

    mutating func add() -> UInt64 {
        lastID += 1
        slots[lastID] = .idle
        return lastID
    }

    mutating func remove(_ id: UInt64) { slots[id] = nil }

    /// True: resume at once, the reader was cancelled.
    mutating func wait(_ id: UInt64, _ continuation: CheckedContinuation<Void, Never>) -> Bool {
        if case .idle = slots[id] {
            slots[id] = .waiting(continuation)
            return false
        }
        return true
    }

    mutating func cancel(_ id: UInt64) -> CheckedContinuation<Void, Never>? {
        guard let slot = slots[id] else { return nil }
        slots[id] = .cancelled
        if case .waiting(let continuation) = slot { return continuation }
        return nil
    }

    mutating func wakeAll() -> [CheckedContinuation<Void, Never>] {
        var woken: [CheckedContinuation<Void, Never>] = []
        for (id, slot) in slots {
            guard case .waiting(let continuation) = slot else { continue }
            slots[id] = .idle
            woken.append(continuation)
        }
        return woken
    }
}
