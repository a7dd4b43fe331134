// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import EventLog
package import Redis

/// The cache that processes share. Redis should evict by itself (`maxmemory-policy allkeys-lru` or `volatile-ttl`): every key
/// has a lifetime.
package final class RedisCacheStore: CacheStore {
    /// A larger value is made each time: no reader should wait for it, and Redis has other things to do.
    static let maximumValue = 1 << 20

    private let client: RedisClient
    private let prefix: String
    private let patience: Duration

    /// - Parameters:
    ///   - client: run by the caller.
    ///   - patience: for one answer. Slower than that, the store is quicker.
    package init(client: RedisClient, prefix: String = "gatecast:cache:", patience: Duration = .milliseconds(250)) {
        self.client = client
        self.prefix = prefix
        self.patience = patience
    }

    package func read(_ key: String) async throws(CacheError) -> [UInt8]? {
        try await self.send(["GET", .string(self.prefix + key)]).bytes
    }

    package func write(_ key: String, _ value: [UInt8], for lifetime: Duration) async throws(CacheError) {
        guard value.count <= Self.maximumValue else { return }
        let milliseconds = RedisArgument(max(1, lifetime.wholeMilliseconds))
        _ = try await self.send(["SET", .string(self.prefix + key), .bytes(value), "PX", milliseconds])
    }

    package func lease(_ key: String, for duration: Duration) async throws(CacheError) -> Bool {
        let milliseconds = RedisArgument(max(1, duration.wholeMilliseconds))
        let answer = try await self.send(["SET", .string(self.prefix + key + ":lease"), "1", "NX", "PX", milliseconds])
        return !answer.isNull
    }

    private func send(_ command: [RedisArgument]) async throws(CacheError) -> RESPValue {
        do throws(RedisError) {
            return try await self.client.send(command, timeout: self.patience)
        } catch {
            throw CacheError(error.description)
        }
    }
}

extension Duration {
    fileprivate var wholeMilliseconds: Int64 { Int64(self / .milliseconds(1)) }
}
