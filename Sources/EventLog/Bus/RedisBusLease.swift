// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Redis

/// A group's right to handle events, one consumer's at a time: a key that runs out unless its holder renews it.
struct RedisBusLease {
    /// KEYS: lease. ARGV: token, milliseconds. Takes it when it is free, renews it when it is ours: 1, else 0.
    private static let take = """
        local holder = redis.call('GET', KEYS[1])
        if holder and holder ~= ARGV[1] then return 0 end
        redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
        return 1
        """
    private static let drop = """
        if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
        return 0
        """

    let client: RedisClient
    let key: String
    let token: String
    let duration: Duration

    /// - Throws: when Redis does not answer, in which case nobody knows.
    func isOurs() async throws(RedisError) -> Bool {
        let milliseconds = RedisArgument(duration.wholeMilliseconds)
        return try await client.eval(
            Self.take,
            keys: [.string(key)],
            arguments: [.string(token), milliseconds]
        ).integer == 1
    }

    /// So that a standby need not wait for its end. In a task of its own, since the caller's is cancelled.
    func release() async {
        let dropping = Task { [client, key, token] in
            // It runs out by itself where this does not arrive.
            _ = try? await client.eval(Self.drop, keys: [.string(key)], arguments: [.string(token)])
        }
        await dropping.value
    }
}
