// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import GRDB
internal import Store
internal import Tokens

/// The signing keys' lives in the database, their private halves in files beside it (mode 0600): a copy of the database
/// alone signs nothing.
struct SigningKeyRepository: Sendable {
    static let migration = Migration("signing-keys-1") { database in
        try database.execute(
            sql: """
                CREATE TABLE signing_keys (
                    kid TEXT PRIMARY KEY,
                    algorithm TEXT NOT NULL,
                    created_at INTEGER NOT NULL,
                    signs_from INTEGER NOT NULL,
                    file TEXT NOT NULL
                ) STRICT;
                """
        )
    }

    /// Says what to do.
    struct Fault: Error, Sendable, CustomStringConvertible {
        let description: String
    }

    let database: ServiceDatabase
    /// Of the files.
    let directory: String

    func all() async throws -> [KeySchedule.Key] {
        try await self.database.read { try Self.all(in: $0) }
    }

    /// Makes a key where the schedule, asked inside the transaction, still wants one: of two processes one makes it.
    @discardableResult
    func create(_ schedule: KeySchedule, now: Int64) async throws -> KeySchedule.Key? {
        guard try await schedule.plan(self.all(), now: now).create != nil else { return nil }
        return try await self.insert(schedule.algorithm, now: now) { schedule.plan($0, now: now).create }
    }

    /// Makes a key whatever the schedule says, for `keys rotate`.
    func create(_ algorithm: SigningKey.Algorithm, signsFrom: Int64, now: Int64) async throws -> KeySchedule.Key? {
        try await self.insert(algorithm, now: now) { _ in signsFrom }
    }

    /// Adopts the key of a version that knew only one.
    func adopt(now: Int64) async throws {
        let file = "users-signing-key.pem"
        guard FileManager.default.fileExists(atPath: "\(self.directory)/\(file)") else { return }
        let key = try SigningKey.load(path: "\(self.directory)/\(file)")
        try await self.database.write { database in
            guard try Self.all(in: database).isEmpty else { return }
            try Self.insert(.init(key, now: now, signsFrom: now), file: file, in: database)
        }
    }

    /// Forgets a key and removes its file: no token of it verifies after the next fetch of the key set.
    @discardableResult
    func drop(_ kid: String) async throws -> Bool {
        let file = try await self.database.write { database -> String? in
            let file = try Self.file(of: kid, in: database)
            try database.execute(sql: "DELETE FROM signing_keys WHERE kid = ?", arguments: [kid])
            return file
        }
        guard let file else { return false }
        let path = "\(self.directory)/\(file)"
        if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
        return true
    }

    func load(_ kid: String) async throws -> SigningKey? {
        guard let file = try await self.database.read({ try Self.file(of: kid, in: $0) }) else { return nil }
        let key = try SigningKey.load(path: "\(self.directory)/\(file)")
        guard key.kid == kid else {
            throw Fault(
                description: "\(self.directory)/\(file): holds another key than \(kid). Restore the file, "
                    + "or run: users-service keys drop \(kid)"
            )
        }
        return key
    }

    private func insert(
        _ algorithm: SigningKey.Algorithm,
        now: Int64,
        signsFrom: @escaping @Sendable ([KeySchedule.Key]) -> Int64?
    ) async throws -> KeySchedule.Key? {
        let key = try SigningKey.generate(algorithm)
        let file = "users-keys/\(key.kid).pem"
        let path = "\(self.directory)/\(file)"
        _ = try key.create(path: path)
        do {
            let made = try await self.database.write { database -> KeySchedule.Key? in
                guard let start = signsFrom(try Self.all(in: database)) else { return nil }
                let record = KeySchedule.Key(key, now: now, signsFrom: start)
                try Self.insert(record, file: file, in: database)
                return record
            }
            if made == nil { try FileManager.default.removeItem(atPath: path) }
            return made
        } catch {
            unlink(path)  // of no use without its row; the error is what matters
            throw error
        }
    }

    private static func all(in database: GRDB.Database) throws -> [KeySchedule.Key] {
        try Row.fetchAll(database, sql: "SELECT kid, algorithm, created_at, signs_from FROM signing_keys")
            .compactMap { row in
                guard let algorithm = SigningKey.Algorithm(rawValue: row[1]) else { return nil }
                return KeySchedule.Key(kid: row[0], algorithm: algorithm, createdAt: row[2], signsFrom: row[3])
            }
    }

    private static func file(of kid: String, in database: GRDB.Database) throws -> String? {
        try String.fetchOne(database, sql: "SELECT file FROM signing_keys WHERE kid = ?", arguments: [kid])
    }

    private static func insert(_ key: KeySchedule.Key, file: String, in database: GRDB.Database) throws {
        try database.execute(
            sql: "INSERT INTO signing_keys (kid, algorithm, created_at, signs_from, file) VALUES (?, ?, ?, ?, ?)",
            arguments: [key.kid, key.algorithm.rawValue, key.createdAt, key.signsFrom, file]
        )
    }
}

extension KeySchedule.Key {
    fileprivate init(_ key: SigningKey, now: Int64, signsFrom: Int64) {
        self.init(kid: key.kid, algorithm: key.algorithm, createdAt: now, signsFrom: signsFrom)
    }
}
