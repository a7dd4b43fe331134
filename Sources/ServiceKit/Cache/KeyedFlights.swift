// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Synchronization

/// One question at a time for each key: who asks while it is under way shares its answer.
final class KeyedFlights: Sendable {
    private typealias Waiter = CheckedContinuation<Result<[UInt8], any Error>?, Never>

    /// By the key of what is under way.
    private let waiters = Mutex<[String: [Waiter]]>([:])

    /// - Returns: the answer, and whether somebody else asked for it.
    func run(
        _ key: String,
        _ ask: @Sendable () async throws -> [UInt8]
    ) async throws -> (value: [UInt8], isShared: Bool) {
        while true {
            let isFirst = self.waiters.withLock { waiters in
                guard waiters[key] == nil else { return false }
                waiters[key] = []
                return true
            }
            if isFirst { return (try await self.lead(key, ask), false) }
            // Nil: it ended just now, or who asked was cancelled, which says nothing about the answer.
            guard let shared = await self.joined(key) else { continue }
            return (try shared.get(), true)
        }
    }

    private func lead(_ key: String, _ ask: @Sendable () async throws -> [UInt8]) async throws -> [UInt8] {
        let result: Result<[UInt8], any Error>
        do { result = .success(try await ask()) } catch { result = .failure(error) }
        let joined = self.waiters.withLock { $0.removeValue(forKey: key) ?? [] }
        let told: Result<[UInt8], any Error>? =
            if case .failure(let error) = result, error is CancellationError { nil } else { result }
        for waiter in joined { waiter.resume(returning: told) }
        return try result.get()
    }

    private func joined(_ key: String) async -> Result<[UInt8], any Error>? {
        await withCheckedContinuation { (waiter: Waiter) in
            let isUnderWay = self.waiters.withLock { waiters in
                waiters[key]?.append(waiter)
                return waiters[key] != nil
            }
            if !isUnderWay { waiter.resume(returning: nil) }
        }
    }
}
