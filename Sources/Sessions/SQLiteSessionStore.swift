// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Foundation
internal import GRDB
package import Logging
internal import Store

/// Sessions of one node in a SQLite file of their own: write-ahead log, one writer. They survive a restart.
package final class SQLiteSessionStore: SessionStore {
    /// Rows past their end are deleted so often, and `expired` is published for each.
    package static let sweepInterval: Duration = .seconds(60)
    /// Rows per sweep's transaction: a long one would hold up logins.
    private static let sweepBatch = 500

    package let isShared = false
    private let database: ServiceDatabase
    private let clock: SessionClock
    private let logger: Logger
    private let leases = LeaseTable()
    private let broadcast = SessionEventBroadcast()

    /// Opens or makes the file; blocks while it does.
    package init(
        path: String,
        clock: SessionClock = .system,
        logger: Logger = Logger(label: "gatecast.sessions")
    ) throws {
        self.database = try ServiceDatabase.open(path: path, migrations: [Self.schema])
        self.clock = clock
        self.logger = logger
    }

    /// Waits for running statements and closes the file. Later calls fail as unavailable.
    package func close() throws {
        try database.close()
    }

    package var events: any AsyncSequence<SessionEvent, Never> & Sendable { broadcast.subscribe() }

    package func create(_ session: SealedSession) async throws(SessionStoreError) {
        try await write { try session.insert(into: $0) }
    }

    package func load(_ key: SessionKey) async throws(SessionStoreError) -> SealedSession? {
        try await read { try SealedSession.fetch("key = ?", [Data(key.bytes)], $0).first }
    }

    package func find(publicID: String) async throws(SessionStoreError) -> SealedSession? {
        try await read { try SealedSession.fetch("public_id = ?", [publicID], $0).first }
    }

    package func sessions(of subject: String) async throws(SessionStoreError) -> [SealedSession] {
        try await read { try SealedSession.fetch("subject = ? ORDER BY created, rowid", [subject], $0) }
    }

    package func touch(_ key: SessionKey, seen: Date, idleEnd: Date) async throws(SessionStoreError) {
        try await write { database in
            try database.execute(
                sql: "UPDATE sessions SET last_seen = max(last_seen, ?), idle_end = max(idle_end, ?) WHERE key = ?",
                arguments: [seen.milliseconds, idleEnd.milliseconds, Data(key.bytes)]
            )
        }
    }

    package func lease(_ key: SessionKey, for duration: Duration) async throws(SessionStoreError) -> RefreshLease? {
        await leases.take(key, for: duration, now: clock.now())
    }

    package func release(_ lease: RefreshLease) async {
        await leases.release(lease)
    }

    package func replaceTokens(
        _ key: SessionKey,
        with new: SealedTokens,
        ifGeneration expected: UInt64
    ) async throws(SessionStoreError) -> Swap {
        let swap = try await write { database -> Swap in
            if try new.replace(in: database, key: key, ifGeneration: expected) { return .written }
            let present = try SealedSession.fetch("key = ?", [Data(key.bytes)], database).first
            return present.map { .moved($0) } ?? .gone
        }
        if swap == .written { broadcast.send(.tokensReplaced(key)) }
        return swap
    }

    package func end(
        _ target: SessionTarget,
        because reason: EndReason
    ) async throws(SessionStoreError) -> [SealedSession] {
        let ended = try await write { database in
            switch target {
            case .session(let key):
                try SealedSession.delete("key = ?", [Data(key.bytes)], database)
            case .user(let subject, let kept):
                try SealedSession.delete(
                    "subject = ? AND key <> ?",
                    [subject, Data(kept?.bytes ?? [])],
                    database
                )
            }
        }
        for session in ended { broadcast.send(.ended(session.key, reason)) }
        return ended
    }

    /// Deletes what has run out.
    package func sweep() async throws(SessionStoreError) {
        let now = clock.now().milliseconds
        await leases.sweep(now: clock.now())
        var count = Self.sweepBatch
        while count == Self.sweepBatch {
            let ended = try await write { try SealedSession.deleteExpired(now: now, limit: Self.sweepBatch, $0) }
            for session in ended { broadcast.send(.ended(session.key, .expired)) }
            count = ended.count
        }
    }

    package func run() async throws {
        while !Task.isCancelled {
            do throws(SessionStoreError) {
                try await sweep()
            } catch {
                // Nothing is lost: the authority judges ends itself, and the next sweep takes the same rows.
                logger.warning("the sweep of sessions failed", metadata: ["reason": "\(error)"])
            }
            try await clock.sleep(Self.sweepInterval)
        }
    }

    private func read<Value: Sendable>(
        _ body: @escaping @Sendable (GRDB.Database) throws -> Value
    ) async throws(SessionStoreError) -> Value {
        do {
            return try await database.read(body)
        } catch {
            throw (error as? SessionStoreError) ?? SessionStoreError(.unavailable, "\(error)")
        }
    }

    private func write<Value: Sendable>(
        _ body: @escaping @Sendable (GRDB.Database) throws -> Value
    ) async throws(SessionStoreError) -> Value {
        do {
            return try await database.write(body)
        } catch {
            throw (error as? SessionStoreError) ?? SessionStoreError(.unavailable, "\(error)")
        }
    }

    private static let schema = Migration("sessions-1") { database in
        try database.execute(
            sql: """
                CREATE TABLE sessions (
                    key BLOB NOT NULL UNIQUE,
                    public_id TEXT NOT NULL UNIQUE,
                    subject TEXT NOT NULL,
                    profile BLOB NOT NULL,
                    browser TEXT,
                    address_prefix TEXT,
                    created INTEGER NOT NULL,
                    last_seen INTEGER NOT NULL,
                    absolute_end INTEGER NOT NULL,
                    idle_end INTEGER NOT NULL,
                    generation INTEGER NOT NULL,
                    access BLOB NOT NULL,
                    refresh BLOB,
                    obtained INTEGER NOT NULL,
                    access_end INTEGER NOT NULL,
                    refresh_end INTEGER,
                    token_end INTEGER NOT NULL
                ) STRICT;
                CREATE INDEX sessions_subject ON sessions(subject, created);
                CREATE INDEX sessions_end ON sessions(min(absolute_end, idle_end, token_end));
                """
        )
    }
}
