// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Redis
internal import Wire

/// An entry of a Redis stream as it came: an id and flat fields.
struct StreamEntry {
    let id: Cursor
    private let fields: [RESPValue]

    /// Nil for a reply that is no entry, which Redis does not send.
    init?(_ value: RESPValue) {
        guard let parts = value.array, parts.count == 2, let text = parts[0].string, let id = Cursor(text) else {
            return nil
        }
        self.id = id
        // Claimed entries that were deleted meanwhile come without fields.
        self.fields = parts[1].array ?? []
    }

    /// By name, in any order; of two the first. Others are ignored.
    subscript(_ name: String) -> [UInt8]? {
        RESPValue.array(fields)[name]?.bytes
    }

    func text(_ name: String) -> String? {
        self[name].flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// The entries of a reply to XRANGE and its like.
    static func list(_ value: RESPValue) throws(RedisError) -> [StreamEntry] {
        guard let values = value.array else {
            if value.isNull { return [] }
            throw RedisError(.badReply, "no list of stream entries")
        }
        var entries: [StreamEntry] = []
        entries.reserveCapacity(values.count)
        for value in values {
            guard let entry = StreamEntry(value) else { throw RedisError(.badReply, "no stream entry") }
            entries.append(entry)
        }
        return entries
    }

    /// The entries of one stream in a reply to XREAD and its like.
    static func of(_ stream: String, in value: RESPValue) throws(RedisError) -> [StreamEntry] {
        for pair in value.array ?? [] {
            guard let parts = pair.array, parts.count == 2 else { throw RedisError(.badReply, "no stream in XREAD") }
            if parts[0].string == stream { return try list(parts[1]) }
        }
        return []
    }
}
