// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import Redis

extension SealedSession {
    /// Fields and values of the hash, for HSET.
    var redisFields: [RedisArgument] {
        var fields: [RedisArgument] = [
            "key", .string(key.text), "id", .string(publicID), "subject", .string(subject), "profile", .bytes(profile),
            "created", .integer(created.milliseconds), "seen", .integer(lastSeen.milliseconds),
            "absolute", .integer(absoluteEnd.milliseconds), "idle", .integer(idleEnd.milliseconds),
        ]
        if let browser = client.browser { fields += ["browser", .string(browser)] }
        if let prefix = client.addressPrefix { fields += ["address", .string(prefix)] }
        return fields + tokens.redisFields
    }

    /// From HGETALL. `nil` for the empty answer of a hash that is not there.
    init?(redis reply: RESPValue) throws(SessionStoreError) {
        guard let values = reply.array, !values.isEmpty else { return nil }
        guard let keyText = reply["key"]?.string, let key = SessionKey(keyText),
            let publicID = reply["id"]?.string, let subject = reply["subject"]?.string,
            let profile = reply["profile"]?.bytes, let created = reply.date("created"), let seen = reply.date("seen"),
            let absoluteEnd = reply.date("absolute"), let idleEnd = reply.date("idle"),
            let generation = reply["generation"]?.integer, let access = reply["access"]?.bytes,
            let obtained = reply.date("obtained"), let accessEnd = reply.date("access_end")
        else { throw SessionStoreError(.damaged, "a session's hash lacks a field") }
        self.init(
            key: key,
            publicID: publicID,
            subject: subject,
            profile: profile,
            client: ClientSummary(browser: reply["browser"]?.string, addressPrefix: reply["address"]?.string),
            created: created,
            lastSeen: seen,
            absoluteEnd: absoluteEnd,
            idleEnd: idleEnd,
            tokens: SealedTokens(
                generation: UInt64(bitPattern: generation),
                access: access,
                refresh: reply["refresh"]?.bytes,
                obtained: obtained,
                accessEnd: accessEnd,
                refreshEnd: reply.date("refresh_end")
            )
        )
    }
}

extension SealedTokens {
    /// Beyond 2^53 milliseconds Lua's numbers are not exact: this is the year 5138, for a token without a known end.
    private static let never: Int64 = 100_000_000_000_000

    var redisEnd: Int64 { min(endMilliseconds, Self.never) }

    var redisFields: [RedisArgument] {
        var fields: [RedisArgument] = [
            "generation", .integer(Int64(bitPattern: generation)), "access", .bytes(access),
            "obtained", .integer(obtained.milliseconds), "access_end", .integer(accessEnd.milliseconds),
            "token_end", .integer(redisEnd),
        ]
        if let refresh { fields += ["refresh", .bytes(refresh)] }
        if let refreshEnd { fields += ["refresh_end", .integer(refreshEnd.milliseconds)] }
        return fields
    }
}

extension RESPValue {
    fileprivate func date(_ name: String) -> Date? {
        self[name]?.integer.map { Date(milliseconds: $0) }
    }
}
