// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import GRDB
internal import Store
internal import StrictJSON

/// Takes users over from Django, with their numbers and their password hashes. Doing it twice does no harm: who is here
/// already stays as he is.
package struct DjangoImport: Sendable {
    package struct Report: Sendable, Equatable {
        package internal(set) var imported = 0
        /// The username is here already, or the number is.
        package internal(set) var present = 0
        /// Of those imported: with a hash that nobody can log in by, unusable ones included.
        package internal(set) var withoutLogin = 0
        /// Sentences: which object, and why not.
        package internal(set) var faults: [String] = []
    }

    /// Users of one transaction: other writers wait for no longer than it takes.
    private static let batch = 500

    let database: ServiceDatabase

    /// - Parameters:
    ///   - dump: the whole output of `manage.py dumpdata auth.user`.
    ///   - model: `auth.user`, or the project's own.
    ///   - dryRun: report only.
    package func run(_ dump: [UInt8], model: String, dryRun: Bool) async throws -> Report {
        guard let objects = try JSONScanner.parse(dump).array else {
            throw DjangoUser.Fault(description: "a dump is a JSON array: manage.py dumpdata \(model)")
        }
        var report = Report()
        var users: [DjangoUser] = []
        for object in objects {
            do throws(DjangoUser.Fault) {
                if let user = try DjangoUser(object, model: model) { users.append(user) }
            } catch {
                report.faults.append("\(error)")
            }
        }
        for start in stride(from: 0, to: users.count, by: Self.batch) {
            let part = Array(users[start..<min(start + Self.batch, users.count)])
            let present = try await self.database.write { database in
                try part.filter { try !Self.insert($0, dryRun: dryRun, in: database) }
            }
            let imported = part.filter { !present.contains($0) }
            report.present += present.count
            report.imported += imported.count
            report.withoutLogin += imported.count { StoredPassword($0.password) == nil }
        }
        return report
    }

    private static func insert(_ user: DjangoUser, dryRun: Bool, in database: GRDB.Database) throws -> Bool {
        if dryRun {
            let found = try Int64.fetchOne(
                database,
                sql: "SELECT id FROM users WHERE id = ? OR username = ?",
                arguments: [user.id, user.username]
            )
            return found == nil
        }
        try database.execute(
            sql: """
                INSERT INTO users (id, username, password, profile, email, created_at, disabled_at)
                VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                """,
            arguments: [
                user.id, user.username, user.password, String(decoding: user.profile.encoded(), as: UTF8.self),
                user.email, user.joinedAt, user.isActive ? nil : user.joinedAt,
            ]
        )
        return database.changesCount == 1
    }
}
