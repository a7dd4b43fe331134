// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// What callers of a `RedisClient` on any thread share: the connection, or why there is none.
struct RedisClientState {
    private(set) var connection: RedisConnection?
    private(set) var why = "not connected yet"
    private var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
    private var cancelled: Set<UInt64> = []
    private var lastWaiter: UInt64 = 0

    mutating func nextWaiter() -> UInt64 {
        lastWaiter += 1
        return lastWaiter
    }

    /// True: resume at once.
    mutating func wait(_ id: UInt64, _ continuation: CheckedContinuation<Void, Never>) -> Bool {
        if connection != nil || cancelled.remove(id) != nil { return true }
        waiters[id] = continuation
        return false
    }

    /// Cancellation may come before the wait it belongs to.
    mutating func cancelWait(_ id: UInt64) -> CheckedContinuation<Void, Never>? {
        if let waiter = waiters.removeValue(forKey: id) { return waiter }
        cancelled.insert(id)
        return nil
    }

    mutating func forgetWait(_ id: UInt64) { cancelled.remove(id) }

    mutating func connected(_ connection: RedisConnection) -> [CheckedContinuation<Void, Never>] {
        self.connection = connection
        defer { waiters.removeAll() }
        return Array(waiters.values)
    }

    mutating func disconnected(_ reason: RedisError) {
        connection = nil
        why = reason.description
    }
}
