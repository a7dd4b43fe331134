// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Each is atomic. Keys: `gatecast:session:<key>` (hash), `gatecast:sessions:<subject>` (sorted set of keys by creation),
/// `gatecast:session-id:<public id>` (the key), `gatecast:session-lease:<key>` (a nonce).
enum RedisSessionScripts {
    /// KEYS hash, user set, public id. ARGV key text, created, expiry, absolute end, then fields and
    /// values. Set and public id last to the absolute end: the hash's own expiry slides.
    static let create = """
        redis.call('HSET', KEYS[1], unpack(ARGV, 5))
        redis.call('PEXPIREAT', KEYS[1], ARGV[3])
        redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
        local left = redis.call('PTTL', KEYS[2])
        redis.call('PEXPIREAT', KEYS[2], ARGV[4])
        if left > redis.call('PTTL', KEYS[2]) then redis.call('PEXPIRE', KEYS[2], left) end
        redis.call('SET', KEYS[3], ARGV[1], 'PXAT', ARGV[4])
        return 1
        """

    /// KEYS user set. ARGV prefix of hashes. Members whose hash has expired are taken out.
    static let list = """
        local found = {}
        for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
            local fields = redis.call('HGETALL', ARGV[1] .. member)
            if #fields == 0 then redis.call('ZREM', KEYS[1], member) else found[#found + 1] = fields end
        end
        return found
        """

    /// KEYS hash. ARGV last seen, idle end. Both move forwards only; the expiry follows.
    static let touch = """
        local now = redis.call('HMGET', KEYS[1], 'seen', 'idle', 'absolute', 'token_end')
        if not now[1] then return 0 end
        local idle = math.max(tonumber(now[2]), tonumber(ARGV[2]))
        redis.call('HSET', KEYS[1], 'seen', string.format('%.0f', math.max(tonumber(now[1]), tonumber(ARGV[1]))),
            'idle', string.format('%.0f', idle))
        redis.call('PEXPIREAT', KEYS[1], string.format('%.0f',
            math.min(idle, tonumber(now[3]), tonumber(now[4]))))
        return 1
        """

    /// KEYS hash. ARGV expected generation, token end, channel, message, then fields and values.
    static let replaceTokens = """
        local now = redis.call('HMGET', KEYS[1], 'generation', 'idle', 'absolute')
        if not now[1] then return 0 end
        if now[1] ~= ARGV[1] then return redis.call('HGETALL', KEYS[1]) end
        redis.call('HDEL', KEYS[1], 'refresh', 'refresh_end')
        redis.call('HSET', KEYS[1], unpack(ARGV, 5))
        redis.call('PEXPIREAT', KEYS[1], string.format('%.0f',
            math.min(tonumber(ARGV[2]), tonumber(now[2]), tonumber(now[3]))))
        redis.call('PUBLISH', ARGV[3], ARGV[4])
        return 1
        """

    /// KEYS hash. ARGV key text, prefix of user sets, prefix of public ids, channel, message.
    static let end = """
        local fields = redis.call('HGETALL', KEYS[1])
        if #fields == 0 then return fields end
        local value = {}
        for index = 1, #fields, 2 do value[fields[index]] = fields[index + 1] end
        redis.call('DEL', KEYS[1], ARGV[3] .. value.id)
        redis.call('ZREM', ARGV[2] .. value.subject, ARGV[1])
        redis.call('PUBLISH', ARGV[4], ARGV[5])
        return fields
        """

    /// KEYS lease. ARGV nonce.
    static let release = """
        if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
        return 0
        """
}
