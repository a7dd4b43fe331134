// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Logging
internal import NIOPosix
internal import Redis
internal import ServiceKit
internal import Synchronization
internal import TestSupport
import Testing

@Suite("The read cache")
struct ReadCacheTests {
    enum Form: String, CaseIterable, Sendable {
        case memory, redis
        static let available = allCases.filter { $0 != .redis || RedisProcess.isAvailable }

        func with(_ body: (any CacheStore) async throws -> Void) async throws {
            switch self {
            case .memory: try await body(MemoryCacheStore())
            case .redis:
                try await RedisProcess.with { server in
                    let client = try RedisClient(
                        settings: server.settings,
                        group: MultiThreadedEventLoopGroup.singleton,
                        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
                    )
                    let running = Task { try await client.run() }
                    defer { running.cancel() }
                    try await client.waitUntilConnected()
                    try await body(RedisCacheStore(client: client, patience: .seconds(30)))
                }
            }
        }
    }

    @Test(
        "The contract: what was written is read until its time is over; a lease is one caller's until then",
        arguments: Form.available
    )
    func contract(_ form: Form) async throws {
        try await form.with { store in
            #expect(try await store.read("a") == nil)
            try await store.write("a", [0, 255, 10], for: .seconds(3600))
            #expect(try await store.read("a") == [0, 255, 10])
            try await store.write("a", [], for: .seconds(3600))
            #expect(try await store.read("a") == [])
            #expect(try await store.read("b") == nil)
            try await store.write("b", [1], for: .milliseconds(1))
            try await eventually { try await store.read("b") == nil }
            #expect(try await store.lease("c", for: .seconds(3600)))
            #expect(try await !store.lease("c", for: .seconds(3600)))
            #expect(try await store.lease("d", for: .milliseconds(1)))
            try await eventually { try await store.lease("d", for: .milliseconds(1)) }
        }
    }

    @Test("Memory is bounded: what was not asked for lately goes first")
    func bounded() async throws {
        let store = MemoryCacheStore(bytes: 10_000)
        for number in 0..<100 {
            try await store.write("\(number)", [UInt8](repeating: 1, count: 500), for: .seconds(3600))
            #expect(try await store.read("0") != nil)
        }
        var kept = 0
        for number in 0..<100 where try await store.read("\(number)") != nil { kept += 1 }
        #expect(kept > 5 && kept < 20)
        try await store.write("huge", [UInt8](repeating: 1, count: 5001), for: .seconds(3600))
        #expect(try await store.read("huge") == nil)
    }

    /// Slow enough for others to come meanwhile.
    private final class Made: Sendable {
        private let times = Mutex(0)
        var count: Int { times.withLock { $0 } }
        func make() async -> [UInt8] {
            times.withLock { $0 += 1 }
            for _ in 0..<20 { await Task.yield() }
            return [7]
        }
    }

    @Test("A storm on one key makes its value once, over several processes", arguments: Form.available)
    func stampede(_ form: Form) async throws {
        try await form.with { store in
            var timing = ReadCache.Timing()
            timing.patience = .seconds(60)
            timing.lease = .seconds(60)
            let caches = (0..<3).map { _ in ReadCache(store: store, service: "s", name: "n", timing: timing) }
            let made = Made()
            let values = try await withThrowingTaskGroup(of: [UInt8].self) { group in
                for number in 0..<60 {
                    let cache = caches[number % 3]
                    group.addTask { try await cache.value("k") { await made.make() } }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(values == [[7]])
            #expect(made.count == 1)
        }
    }

    @Test("Who holds the lease and dies holds nobody up for longer than the patience")
    func deadMaker() async throws {
        let store = MemoryCacheStore()
        _ = try await store.lease("k", for: .seconds(3600))
        var timing = ReadCache.Timing()
        let slept = Mutex<Duration>(.zero)
        timing.sleep = { duration in slept.withLock { $0 += duration } }
        let cache = ReadCache(store: store, service: "s", name: "n", timing: timing)
        #expect(try await cache.value("k") { [1] } == [1])
        #expect(slept.withLock { $0 } == timing.patience)
        #expect(try await cache.value("k") { [2] } == [1])
    }

    private struct Down: CacheStore {
        func read(_ key: String) async throws(CacheError) -> [UInt8]? { throw CacheError("down") }
        func write(_ key: String, _ value: [UInt8], for lifetime: Duration) async throws(CacheError) {
            throw CacheError("down")
        }
        func lease(_ key: String, for duration: Duration) async throws(CacheError) -> Bool { throw CacheError("down") }
    }

    @Test("A cache that is down is passed by: the store answers")
    func down() async throws {
        let cache = ReadCache(store: Down(), service: "s", name: "n")
        #expect(try await cache.value("k") { [1] } == [1])
        #expect(try await cache.value("k") { [2] } == [2])
    }

    @Test("A failure is told to everyone who waited, and kept for nobody")
    func failures() async throws {
        struct Broken: Error {}
        let cache = ReadCache(store: MemoryCacheStore(), service: "s", name: "n")
        await #expect(throws: Broken.self) { try await cache.value("k") { throw Broken() } }
        #expect(try await cache.value("k") { [1] } == [1])
    }

    @Test("Who leads and is cancelled does not fail the others")
    func cancelledLeader() async throws {
        let cache = ReadCache(store: MemoryCacheStore(), service: "s", name: "n")
        let isLeading = Mutex(false)
        let leader = Task {
            try await cache.value("k") {
                isLeading.withLock { $0 = true }
                try await Task.sleep(for: .seconds(3600))  // ends by cancellation
                return [0]
            }
        }
        try await eventually { isLeading.withLock { $0 } }
        let follower = Task { try await cache.value("k") { [1] } }
        for _ in 0..<20 { await Task.yield() }
        leader.cancel()
        #expect(try await follower.value == [1])
    }
}
