// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Crypto
internal import Foundation
internal import GRDB
internal import Store

/// Counters in the database: they survive a restart and are the same for all processes on one file. Keys are hashes, since
/// people type passwords into the field above; rows are swept when they say nothing any more, and the oldest go when there
/// are too many.
struct ThrottleRepository: Sendable {
    /// Rows kept through a sweep.
    static let capacity = 100_000

    /// What is counted.
    enum Subject: Sendable, Hashable {
        /// The name as typed: unknown ones are counted like known ones.
        case account(String)
        /// Of IPv6 its /64, which is one customer.
        case address(String)
        case resetMail(String)
        case resetAddress(String)
        case mail(userID: Int64)

        var key: Data {
            let text =
                switch self {
                case .account(let name): "account:\(name.lowercased())"
                case .address(let address): "address:\(address)"
                case .resetMail(let email): "reset-mail:\(email.lowercased())"
                case .resetAddress(let address): "reset-address:\(address)"
                case .mail(let user): "mail:\(user)"
                }
            return Data(SHA256.hash(data: Data(text.utf8)).prefix(16))
        }
    }

    struct Rule: Sendable {
        let subject: Subject
        let throttle: Throttle
    }

    let database: ServiceDatabase

    /// Counts one attempt under every rule, or under none: who is refused by one is not counted by the others.
    func admit(_ rules: [Rule], now: Int64) async throws -> Throttle.Verdict {
        try await self.database.write { database in
            var admitted: [(Rule, Throttle.Counter)] = []
            for rule in rules {
                var counter = try Self.counter(rule.subject, in: database)
                let verdict = rule.throttle.judge(&counter, now: now)
                guard verdict == .admit else {
                    try Self.store(counter, rule, in: database)
                    return verdict
                }
                admitted.append((rule, counter))
            }
            for (rule, counter) in admitted { try Self.store(counter, rule, in: database) }
            return .admit
        }
    }

    /// After a success: the account starts anew, the address gets its one attempt back.
    func succeeded(account: String, address: String?) async throws {
        try await self.database.write { database in
            try Self.clear(.account(account), in: database)
            guard let address else { return }
            try database.execute(
                sql: "UPDATE throttles SET attempts = max(0, attempts - 1) WHERE key = ?",
                arguments: [Subject.address(address).key]
            )
        }
    }

    static func clear(_ subject: Subject, in database: GRDB.Database) throws {
        try database.execute(sql: "DELETE FROM throttles WHERE key = ?", arguments: [subject.key])
    }

    static func counter(_ subject: Subject, in database: GRDB.Database) throws -> Throttle.Counter {
        try Row.fetchOne(
            database,
            sql: "SELECT attempts, since, locked_until FROM throttles WHERE key = ?",
            arguments: [subject.key]
        ).map { Throttle.Counter(attempts: $0[0], since: $0[1], lockedUntil: $0[2]) } ?? Throttle.Counter()
    }

    private static func store(_ counter: Throttle.Counter, _ rule: Rule, in database: GRDB.Database) throws {
        try database.execute(
            sql: """
                INSERT OR REPLACE INTO throttles (key, attempts, since, locked_until, expires_at) VALUES (?, ?, ?, ?, ?)
                """,
            arguments: [
                rule.subject.key, counter.attempts, counter.since, counter.lockedUntil,
                rule.throttle.expiry(of: counter),
            ]
        )
    }

    static func sweep(now: Int64, limit: Int, capacity: Int = Self.capacity, in database: GRDB.Database) throws -> Int {
        try database.execute(
            sql: "DELETE FROM throttles WHERE key IN (SELECT key FROM throttles WHERE expires_at <= ? LIMIT ?)",
            arguments: [now, limit]
        )
        let expired = database.changesCount
        let rows = try Int.fetchOne(database, sql: "SELECT count(*) FROM throttles") ?? 0
        guard rows > capacity else { return expired }
        try database.execute(
            sql: "DELETE FROM throttles WHERE key IN (SELECT key FROM throttles ORDER BY expires_at LIMIT ?)",
            arguments: [min(rows - capacity, limit)]
        )
        return expired + database.changesCount
    }
}
