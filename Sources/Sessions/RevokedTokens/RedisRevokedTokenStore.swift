// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Logging
package import Redis
package import Tokens

/// Revocations of several nodes: a sorted set by end, a counter of additions, and a channel that says "look again".
package final class RedisRevokedTokenStore: RevokedTokenStore {
    package static let channel = "gatecast:revoked-tokens"
    private static let set: RedisArgument = "gatecast:revoked-token-set"
    private static let counter: RedisArgument = "gatecast:revoked-token-version"

    private let client: RedisClient
    private let capacity: Int
    private let logger: Logger
    private let returns = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    /// - Parameter client: runs as a service of its own.
    package init(client: RedisClient, capacity: Int = RevocationList.defaultCapacity, logger: Logger) {
        self.client = client
        self.capacity = capacity
        self.logger = logger
    }

    package var changes: any AsyncSequence<Void, Never> & Sendable { returns.stream }

    /// KEYS set, counter. ARGV now, capacity, record, until, channel. The set lasts as long as its last member.
    private static let addition = """
        redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
        if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
        redis.call('ZADD', KEYS[1], 'GT', ARGV[4], ARGV[3])
        redis.call('INCR', KEYS[2])
        redis.call('PUBLISH', ARGV[5], '1')
        return 1
        """

    package func add(_ entry: RevocationList.Entry, now: Int64) async throws(SessionStoreError) -> Bool {
        let reply: RESPValue
        do throws(RedisError) {
            reply = try await client.eval(
                Self.addition,
                keys: [Self.set, Self.counter],
                arguments: [
                    .integer(now), .integer(Int64(capacity)), .string(entry.record), .integer(entry.until),
                    .string(Self.channel),
                ]
            )
        } catch {
            throw SessionStoreError(.unavailable, "\(error)")
        }
        return reply == .integer(1)
    }

    package func all(now: Int64) async throws(SessionStoreError) -> [RevocationList.Entry] {
        let reply = try await send(["ZRANGEBYSCORE", Self.set, .string("(\(now)"), "+inf", "WITHSCORES"])
        let words = reply.array ?? []
        return stride(from: 0, to: words.count - 1, by: 2).compactMap { index in
            // Scores are whole seconds, which a double holds exactly and Redis prints as such.
            guard let record = words[index].string, let until = words[index + 1].string.flatMap({ Double($0) }) else {
                return nil
            }
            return RevocationList.Entry(record: record, until: Int64(until))
        }
    }

    package func version() async throws(SessionStoreError) -> Int64 {
        let reply = try await send(["GET", Self.counter])
        return reply.string.flatMap { Int64($0) } ?? 0
    }

    package func run() async throws {
        let subscription = client.subscribe(channels: [Self.channel])
        try await subscription.run { [changed = returns.continuation] event in
            switch event {
            case .message, .reset: changed.yield()
            case .interrupted: break
            }
        }
    }

    private func send(_ command: [RedisArgument]) async throws(SessionStoreError) -> RESPValue {
        do throws(RedisError) { return try await client.send(command) } catch {
            throw SessionStoreError(.unavailable, "\(error)")
        }
    }
}
