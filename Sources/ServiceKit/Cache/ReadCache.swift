// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Metrics

/// Reads through a cache. A hit is a look; a miss is made once, by one caller among all processes, while the others wait for
/// it; a cache that does not answer is passed by.
///
///     look ─ hit ─► answer
///       └ miss ─► first in this process? ─ no ─► share that one's answer
///                     └ yes ─► lease? ─ yes ─► make, write
///                                └ no ─► look again for up to `patience`, then make it all the same
package struct ReadCache: Sendable {
    package struct Timing: Sendable {
        /// How long a value is kept. Its key carries the version of the data, so this bounds memory, not staleness.
        package var lifetime: Duration = .seconds(60)
        /// How long another process may take to make a value.
        package var lease: Duration = .seconds(2)
        /// How long this one waits for that.
        package var patience: Duration = .milliseconds(200)
        package var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

        package init() {}
    }

    private static let look: Duration = .milliseconds(10)

    private let store: any CacheStore
    private let timing: Timing
    private let flights = KeyedFlights()
    private let hits: Counter
    private let misses: Counter
    private let shared: Counter
    private let errors: Counter

    /// - Parameters:
    ///   - service: as in other metrics: `tasks`.
    ///   - name: what is kept: `lists`.
    package init(store: any CacheStore, service: String, name: String, timing: Timing = Timing()) {
        self.store = store
        self.timing = timing
        func counter(_ outcome: String) -> Counter {
            Counter(
                label: "service_cache_reads_total",
                dimensions: [("service", service), ("cache", name), ("outcome", outcome)]
            )
        }
        self.hits = counter("hit")
        self.misses = counter("miss")
        self.shared = counter("shared")
        self.errors = counter("error")
    }

    /// - Parameter make: reads the store; its errors are the caller's and are not kept.
    package func value(
        _ key: String,
        make: @escaping @Sendable () async throws -> [UInt8]
    ) async throws -> [UInt8] {
        do throws(CacheError) {
            if let value = try await self.store.read(key) {
                self.hits.increment()
                return value
            }
        } catch {
            self.errors.increment()
            return try await self.flights.run(key, make).value
        }
        let (value, isShared) = try await self.flights.run(key) { try await self.fill(key, make) }
        (isShared ? self.shared : self.misses).increment()
        return value
    }

    private func fill(_ key: String, _ make: @Sendable () async throws -> [UInt8]) async throws -> [UInt8] {
        do throws(CacheError) {
            if try await !self.store.lease(key, for: self.timing.lease), let value = try await self.awaited(key) {
                return value
            }
        } catch {
            self.errors.increment()
        }
        let value = try await make()
        do throws(CacheError) {
            try await self.store.write(key, value, for: self.timing.lifetime)
        } catch {
            self.errors.increment()
        }
        return value
    }

    /// What another process is making.
    private func awaited(_ key: String) async throws(CacheError) -> [UInt8]? {
        var waited: Duration = .zero
        while waited < self.timing.patience {
            do { try await self.timing.sleep(Self.look) } catch { return nil }
            waited += Self.look
            if let value = try await self.store.read(key) { return value }
        }
        return nil
    }
}
