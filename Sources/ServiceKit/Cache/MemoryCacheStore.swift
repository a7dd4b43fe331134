// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Synchronization

/// The cache of one process, bounded by bytes. Two halves take turns: when the young one is full the old one is forgotten,
/// so that it never holds more than its limit and never stops to sort itself.
package final class MemoryCacheStore: CacheStore {
    private struct Entry {
        let value: [UInt8]
        let until: ContinuousClock.Instant
    }

    private struct State {
        var young: [String: Entry] = [:]
        var old: [String: Entry] = [:]
        var youngBytes = 0
        var leases: [String: ContinuousClock.Instant] = [:]
    }

    /// What an entry weighs beside its key and value.
    private static let overhead = 128
    private static let maximumLeases = 10_000

    private let half: Int
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state = Mutex(State())

    /// - Parameter bytes: of all entries together, default 64 MiB.
    package init(bytes: Int = 64 << 20, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.half = bytes / 2
        self.now = now
    }

    package func read(_ key: String) async throws(CacheError) -> [UInt8]? {
        let now = self.now()
        return self.state.withLock { state in
            if let entry = state.young[key] { return entry.until > now ? entry.value : nil }
            guard let entry = state.old.removeValue(forKey: key), entry.until > now else { return nil }
            self.insert(entry, key, &state)
            return entry.value
        }
    }

    package func write(_ key: String, _ value: [UInt8], for lifetime: Duration) async throws(CacheError) {
        let entry = Entry(value: value, until: self.now() + lifetime)
        self.state.withLock { state in
            state.leases[key] = nil
            state.old[key] = nil
            self.insert(entry, key, &state)
        }
    }

    package func lease(_ key: String, for duration: Duration) async throws(CacheError) -> Bool {
        let now = self.now()
        return self.state.withLock { state in
            if let until = state.leases[key], until > now { return false }
            if state.leases.count >= Self.maximumLeases { state.leases = state.leases.filter { $0.value > now } }
            state.leases[key] = now + duration
            return true
        }
    }

    private func insert(_ entry: Entry, _ key: String, _ state: inout State) {
        if let former = state.young.removeValue(forKey: key) { state.youngBytes -= Self.weight(former, key) }
        let weight = Self.weight(entry, key)
        guard weight <= self.half else { return }
        if state.youngBytes + weight > self.half {
            state.old = state.young
            state.young = [:]
            state.youngBytes = 0
        }
        state.young[key] = entry
        state.youngBytes += weight
    }

    private static func weight(_ entry: Entry, _ key: String) -> Int {
        entry.value.count + key.utf8.count + self.overhead
    }
}
