// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// What must be atomic in Redis. Each runs alone there and for microseconds.
enum LogScripts {
    /// The mark of this log; a new one if the server, its history or the log changed, if the caller disbelieves ARGV[1], or if the
    /// log has not come as far as ARGV[3], the highest id that the caller ever saw. `master_replid` alone would not do: it changes
    /// when a first replica attaches. With ARGV[2] `trust` a new server is believed to have the old one's log. A new mark stands
    /// above ARGV[3], whatever the server's clock says: ids that clients still hold are never given out again. Answers the mark and
    /// how many entries the log had ever been given with it. KEYS: log, mark.
    static let mark = """
        local function number(id)
            local ms, seq = id:match('^(%d+)-(%d+)$')
            return tonumber(ms), tonumber(seq)
        end
        local function isAfter(a, b)
            local ms, seq = number(a)
            local otherMs, otherSeq = number(b)
            return ms > otherMs or ms == otherMs and seq > otherSeq
        end
        local function of(name)
            local info = redis.call('XINFO', 'STREAM', KEYS[1])
            for i = 1, #info, 2 do if info[i] == name then return info[i + 1] end end
        end
        local exists = redis.call('EXISTS', KEYS[1]) == 1
        local last = exists and of('last-generated-id') or '0-0'
        local now = redis.call('INFO','server'):match('run_id:(%w+)') .. ':'
            .. redis.call('INFO','replication'):match('master_replid2:(%w+)')
        local was, mark, added = (redis.call('GET', KEYS[2]) or ''):match('^(%S+) (%S+) (%d+)$')
        local isKnown = (was == now or ARGV[2] == 'trust') and mark and mark ~= ARGV[1]
        if isKnown and exists and not isAfter(ARGV[3], last) then
            if was ~= now then redis.call('SET', KEYS[2], now .. ' ' .. mark .. ' ' .. added) end
            return { mark, tonumber(added) }
        end
        mark = redis.call('XADD', KEYS[1], '*', 'topic', '$mark', 'data', '{}')
        if isAfter(ARGV[3], mark) then
            local id = string.format('%.0f-0', number(ARGV[3]) + 1)
            mark = redis.call('XADD', KEYS[1], id, 'topic', '$mark', 'data', '{}')
        end
        added = of('entries-added') or 0
        redis.call('SET', KEYS[2], string.format('%s %s %.0f', now, mark, added))
        return { mark, added }
        """

    /// Last generated id, entries ever added, and the oldest id, or an empty list without a log. A script because plain
    /// XINFO STREAM sends the first and last entry whole, however large. KEYS: log.
    static let check = """
        if redis.call('EXISTS', KEYS[1]) == 0 then return {} end
        local info, at = redis.call('XINFO', 'STREAM', KEYS[1]), {}
        for i = 1, #info, 2 do at[info[i]] = info[i + 1] end
        if not at['entries-added'] then return redis.error_reply('ERR the log needs Redis 7.0 or newer') end
        local first = at['first-entry']
        return { at['last-generated-id'], at['entries-added'], first and first[1] or '' }
        """

    /// Appends all; a key that is remembered answers the first id instead. KEYS: log, then one per event (the log again
    /// where an event has no key). ARGV: milliseconds to remember keys, then topic, data and key per event.
    static let append = """
        local out = {}
        for i = 2, #KEYS do
            local at = (i - 2) * 3 + 1
            local topic, data, key = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
            local known = key ~= '' and redis.call('GET', KEYS[i])
            if known then
                out[#out + 1] = { known, 1 }
            elseif key == '' then
                out[#out + 1] = { redis.call('XADD', KEYS[1], '*', 'topic', topic, 'data', data), 0 }
            else
                local id = redis.call('XADD', KEYS[1], '*', 'topic', topic, 'data', data, 'key', key)
                redis.call('SET', KEYS[i], id, 'PX', ARGV[1])
                out[#out + 1] = { id, 0 }
            end
        end
        return out
        """

    /// The id after ARGV[1], without the entry, which is too large to be read. KEYS: log.
    static let nextID = """
        local entry = redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', 1)[1]
        return entry and entry[1] or ''
        """
}
