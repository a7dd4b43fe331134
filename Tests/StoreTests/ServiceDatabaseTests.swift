// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import GRDB
import Testing

@testable import Store

@Suite("A service's database")
struct ServiceDatabaseTests {
    @Test("Opening makes the directory and the file, readable for nobody else")
    func makesEverything() throws {
        let scratch = Scratch()
        _ = try ServiceDatabase.open(path: scratch.database, migrations: migrations)
        let files = FileManager.default
        let file = try files.attributesOfItem(atPath: scratch.database)[.posixPermissions] as? Int
        let directory = try files.attributesOfItem(atPath: "\(scratch.path)/deep")[.posixPermissions] as? Int
        #expect(file == 0o600)
        #expect(directory == 0o700)
    }

    @Test("It keeps a write-ahead log, enforces foreign keys and syncs normally")
    func pragmas() async throws {
        let scratch = Scratch()
        let database = try ServiceDatabase.open(path: scratch.database, migrations: migrations)
        let found = try await database.write { database in
            [
                try String.fetchOne(database, sql: "PRAGMA journal_mode"),
                try String.fetchOne(database, sql: "PRAGMA foreign_keys"),
                try String.fetchOne(database, sql: "PRAGMA synchronous"),
                try String.fetchOne(database, sql: "PRAGMA busy_timeout"),
            ]
        }
        #expect(found == ["wal", "1", "1", "5000"])
    }

    @Test("Migrations run once, and what was written is there after reopening")
    func reopens() async throws {
        let scratch = Scratch()
        let first = try ServiceDatabase.open(path: scratch.database, migrations: migrations)
        try await first.write { try $0.execute(sql: "INSERT INTO things (name) VALUES ('a')") }
        try first.close()
        let second = try ServiceDatabase.open(path: scratch.database, migrations: migrations)
        #expect(try await second.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM things") } == 1)
    }

    @Test("A transaction that throws leaves nothing behind")
    func rollsBack() async throws {
        struct Refused: Error {}
        let scratch = Scratch()
        let database = try ServiceDatabase.open(path: scratch.database, migrations: migrations)
        await #expect(throws: Refused.self) {
            try await database.write { database in
                try database.execute(sql: "INSERT INTO things (name) VALUES ('a')")
                try Outbox.append(event("1"), in: database)
                throw Refused()
            }
        }
        #expect(try await database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM things") } == 0)
        #expect(try await database.pendingIDs().isEmpty)
    }

    @Test("A violated constraint stays the caller's DatabaseError")
    func constraint() async throws {
        let scratch = Scratch()
        let database = try ServiceDatabase.open(path: scratch.database, migrations: migrations)
        try await database.write { try $0.execute(sql: "INSERT INTO things (name) VALUES ('a')") }
        await #expect(throws: DatabaseError.self) {
            try await database.write { try $0.execute(sql: "INSERT INTO things (name) VALUES ('a')") }
        }
    }

    @Test("A file that is no database is called corrupt, and says what to do")
    func notADatabase() throws {
        let scratch = Scratch()
        try FileManager.default.createDirectory(atPath: "\(scratch.path)/deep", withIntermediateDirectories: true)
        try Data(repeating: 0x41, count: 8192).write(to: URL(fileURLWithPath: scratch.database))
        let error = try #require(throws: StoreError.self) {
            try ServiceDatabase.open(path: scratch.database, migrations: migrations)
        }
        #expect(error.code == .corrupt)
        #expect(error.description.contains("Move it aside"))
    }

    @Test("Damaged pages are found when the file is opened, not when a user asks for them")
    func damagedPages() async throws {
        let scratch = Scratch()
        let first = try ServiceDatabase.open(path: scratch.database, migrations: migrations)
        try await first.write { database in
            for number in 0..<2000 {
                try database.execute(sql: "INSERT INTO things (name) VALUES (?)", arguments: ["name number \(number)"])
            }
        }
        try await first.pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        try first.close()
        var bytes = try Data(contentsOf: URL(fileURLWithPath: scratch.database))
        try #require(bytes.count > 4096 * 20)
        for offset in (4096 * 8)..<bytes.count { bytes[offset] = 0xFF }
        try bytes.write(to: URL(fileURLWithPath: scratch.database))
        let error = try #require(throws: StoreError.self) {
            try ServiceDatabase.open(path: scratch.database, migrations: migrations)
        }
        #expect(error.code == .corrupt)
    }

    @Test("A lock held by somebody else is reported after the busy timeout")
    func locked() async throws {
        let scratch = Scratch()
        let database = try ServiceDatabase.open(
            path: scratch.database,
            migrations: migrations,
            busyTimeout: .milliseconds(1)
        )
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: scratch.database, configuration: configuration)
        try other.inDatabase { try $0.execute(sql: "BEGIN IMMEDIATE") }
        let error = await #expect(throws: StoreError.self) {
            try await database.write { try $0.execute(sql: "INSERT INTO things (name) VALUES ('a')") }
        }
        #expect(error?.code == .locked)
        #expect(error?.isRetryable == true)
        try other.inDatabase { try $0.execute(sql: "ROLLBACK") }
        try await database.write { try $0.execute(sql: "INSERT INTO things (name) VALUES ('a')") }
    }

    @Test("A full disk is called full, keeps what was there and nothing of the new")
    func full() async throws {
        let scratch = Scratch()
        let database = try ServiceDatabase.open(path: scratch.database, migrations: migrations)
        try await database.write { try $0.execute(sql: "INSERT INTO things (name) VALUES ('a')") }
        try await database.pool.writeWithoutTransaction { database in
            let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            try database.execute(sql: "PRAGMA max_page_count = \(pages)")
        }
        let error = await #expect(throws: StoreError.self) {
            try await database.write { database in
                for number in 0..<2000 {
                    try database.execute(sql: "INSERT INTO things (name) VALUES (?)", arguments: ["name \(number)"])
                }
            }
        }
        #expect(error?.code == .full)
        #expect(try await database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM things") } == 1)
    }

    @Test("A directory that cannot be made is called unwritable")
    func unwritable() throws {
        let error = try #require(throws: StoreError.self) {
            try ServiceDatabase.open(path: "/dev/null/data/store.sqlite", migrations: migrations)
        }
        #expect(error.code == .unwritable)
        #expect(error.description.contains("DATA"))
    }

    @Test("A database of a newer version is refused, not downgraded")
    func newer() throws {
        let scratch = Scratch()
        let future =
            migrations + [Migration("things-2") { try $0.execute(sql: "ALTER TABLE things ADD COLUMN x INTEGER") }]
        try ServiceDatabase.open(path: scratch.database, migrations: future).close()
        let error = try #require(throws: StoreError.self) {
            try ServiceDatabase.open(path: scratch.database, migrations: migrations)
        }
        #expect(error.code == .newer)
    }
}
