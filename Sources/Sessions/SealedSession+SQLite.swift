// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import GRDB

extension SealedSession {
    private static let columns = """
        key, public_id, subject, profile, browser, address_prefix, created, last_seen, absolute_end, idle_end,
        generation, access, refresh, obtained, access_end, refresh_end
        """

    static func fetch(
        _ condition: String,
        _ arguments: StatementArguments,
        _ database: GRDB.Database
    ) throws -> [SealedSession] {
        let statement = try database.cachedStatement(sql: "SELECT \(columns) FROM sessions WHERE \(condition)")
        return try Row.fetchAll(statement, arguments: arguments).map { try SealedSession($0) }
    }

    static func delete(
        _ condition: String,
        _ arguments: StatementArguments,
        _ database: GRDB.Database
    ) throws -> [SealedSession] {
        let statement = try database.cachedStatement(
            sql: "DELETE FROM sessions WHERE \(condition) RETURNING \(columns)"
        )
        return try Row.fetchAll(statement, arguments: arguments).map { try SealedSession($0) }
    }

    /// - Parameter now: milliseconds.
    static func deleteExpired(now: Int64, limit: Int, _ database: GRDB.Database) throws -> [SealedSession] {
        try delete(
            "rowid IN (SELECT rowid FROM sessions WHERE min(absolute_end, idle_end, token_end) <= ? LIMIT ?)",
            [now, limit],
            database
        )
    }

    func insert(into database: GRDB.Database) throws {
        try database.cachedStatement(
            sql: "INSERT INTO sessions (\(Self.columns), token_end) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
        ).execute(
            arguments: [
                Data(key.bytes), publicID, subject, Data(profile), client.browser, client.addressPrefix,
                created.milliseconds, lastSeen.milliseconds, absoluteEnd.milliseconds, idleEnd.milliseconds,
                Int64(bitPattern: tokens.generation), Data(tokens.access), tokens.refresh.map { Data($0) },
                tokens.obtained.milliseconds, tokens.accessEnd.milliseconds, tokens.refreshEnd?.milliseconds,
                tokens.endMilliseconds,
            ]
        )
    }

    private init(_ row: Row) throws {
        let keyBytes: Data = row[0]
        guard let key = SessionKey(bytes: keyBytes) else { throw SessionStoreError(.damaged, "a key without 32 bytes") }
        let profile: Data = row[3]
        let access: Data = row[11]
        let refresh: Data? = row[12]
        let refreshEnd: Int64? = row[15]
        self.init(
            key: key,
            publicID: row[1],
            subject: row[2],
            profile: Array(profile),
            client: ClientSummary(browser: row[4], addressPrefix: row[5]),
            created: Date(milliseconds: row[6]),
            lastSeen: Date(milliseconds: row[7]),
            absoluteEnd: Date(milliseconds: row[8]),
            idleEnd: Date(milliseconds: row[9]),
            tokens: SealedTokens(
                generation: UInt64(bitPattern: row[10]),
                access: Array(access),
                refresh: refresh.map { Array($0) },
                obtained: Date(milliseconds: row[13]),
                accessEnd: Date(milliseconds: row[14]),
                refreshEnd: refreshEnd.map { Date(milliseconds: $0) }
            )
        )
    }
}

extension SealedTokens {
    /// The compare-and-set: one statement. False when nothing was written.
    func replace(in database: GRDB.Database, key: SessionKey, ifGeneration expected: UInt64) throws -> Bool {
        try database.cachedStatement(
            sql: """
                UPDATE sessions SET generation = ?, access = ?, refresh = ?, obtained = ?, access_end = ?, refresh_end = ?,
                token_end = ? WHERE key = ? AND generation = ?
                """
        ).execute(
            arguments: [
                Int64(bitPattern: generation), Data(access), refresh.map { Data($0) }, obtained.milliseconds,
                accessEnd.milliseconds, refreshEnd?.milliseconds, endMilliseconds, Data(key.bytes),
                Int64(bitPattern: expected),
            ]
        )
        return database.changesCount == 1
    }

    /// When a session with these tokens ends at the latest; never, where the backend does not say.
    var endMilliseconds: Int64 {
        refresh == nil ? accessEnd.milliseconds : refreshEnd?.milliseconds ?? Int64.max
    }
}
