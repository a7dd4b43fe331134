// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Redis
internal import Wire

/// The entry that tells one log from the next: it is written when a log begins, and whenever somebody disbelieves what he reads.
struct LogMark: Equatable, Sendable {
    let id: Cursor
    /// Entries the log had ever been given when it was written, itself included: where counting begins.
    let added: Int64

    init(id: Cursor, added: Int64) {
        self.id = id
        self.added = added
    }

    /// What `LogScripts.mark` answers.
    init(_ reply: RESPValue) throws(RedisError) {
        if case .error(let text) = reply { throw RedisError(.server(text)) }
        guard let parts = reply.array, parts.count == 2, let id = parts[0].string.flatMap({ Cursor($0) }),
            let added = parts[1].integer
        else { throw RedisError(.badReply, "no mark") }
        self.init(id: id, added: added)
    }
}
