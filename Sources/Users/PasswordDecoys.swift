// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Crypto
internal import Foundation
internal import GRDB
internal import Store
internal import Synchronization

/// What an unknown name's password is checked against, so that how long a refusal takes says nothing about the name.
///
/// Where users came from Django their hashes are of several costs. An unknown name is given one of the costs that the table
/// holds, each as often as it is there, and always the same one: chosen by a keyed hash of the name.
final class PasswordDecoys: Sendable {
    private struct Rung: Sendable {
        /// Of all users up to this one, 0 … 1.
        let share: Double
        let decoy: StoredPassword
    }

    /// Users looked at: enough for shares to a few percent.
    static let sample = 1000

    private let database: ServiceDatabase
    private let state = Mutex<(key: SymmetricKey, rungs: [Rung])>((SymmetricKey(size: .bits256), []))

    init(database: ServiceDatabase) { self.database = database }

    /// `nil` before the first `refresh`, and where nobody has a password.
    func decoy(for username: String) -> StoredPassword? {
        let (key, rungs) = self.state.withLock { $0 }
        let code = HMAC<SHA256>.authenticationCode(for: Data(username.lowercased().utf8), using: key)
        let place = Double(code.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }) / Double(UInt32.max)
        return rungs.first { place <= $0.share }?.decoy
    }

    /// Reads one column of the whole table: at start, and once in a while.
    func refresh() async throws {
        let (key, hashes) = try await self.database.read { database in
            let key = try Data.fetchOne(database, sql: "SELECT key FROM decoy_key") ?? Data()
            let hashes = try String.fetchAll(
                database,
                sql: "SELECT password FROM users ORDER BY random() LIMIT ?",
                arguments: [Self.sample]
            )
            return (key, hashes)
        }
        let rungs = Self.rungs(hashes.compactMap(StoredPassword.init))
        self.state.withLock { $0 = (SymmetricKey(data: key), rungs) }
    }

    private static func rungs(_ passwords: [StoredPassword]) -> [Rung] {
        let classes = Dictionary(grouping: passwords, by: \.costClass).sorted { $0.key < $1.key }
        var seen = 0
        return classes.map { _, members in
            seen += members.count
            return Rung(share: Double(seen) / Double(passwords.count), decoy: members[0])
        }
    }
}
