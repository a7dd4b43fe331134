// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Synchronization

/// One question at a time: who asks while it is under way shares its answer.
final class SingleFlight<Value: Sendable, Failure: Error>: Sendable {
    private typealias Waiter = CheckedContinuation<Result<Value, Failure>?, Never>

    /// Nil: nobody is asking.
    private let waiters = Mutex<[Waiter]?>(nil)

    func run(_ ask: () async throws(Failure) -> Value) async throws(Failure) -> Value {
        let isFirst = waiters.withLock { waiters in
            guard waiters == nil else { return false }
            waiters = []
            return true
        }
        guard isFirst else {
            let shared: Result<Value, Failure>? = await joined()
            if let shared { return try shared.get() }
            // It ended just now: its answer may be older than this question.
            return try await run(ask)
        }
        let result: Result<Value, Failure>
        do throws(Failure) {
            result = .success(try await ask())
        } catch {
            result = .failure(error)
        }
        let joined = waiters.withLock { waiters in
            defer { waiters = nil }
            return waiters ?? []
        }
        for waiter in joined { waiter.resume(returning: result) }
        return try result.get()
    }

    /// Nil: nothing is under way any more.
    private func joined() async -> Result<Value, Failure>? {
        await withCheckedContinuation { (waiter: Waiter) in
            let isUnderWay = waiters.withLock { waiters in
                waiters?.append(waiter)
                return waiters != nil
            }
            if !isUnderWay { waiter.resume(returning: nil) }
        }
    }
}
