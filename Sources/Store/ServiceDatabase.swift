// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
package import GRDB

/// One service's SQLite file: a single writer, several readers, write-ahead log.
///
/// `synchronous = NORMAL`: a commit survives a crash of the process; the last ones may be lost with the power.
/// Foreign keys are enforced. A writer waits at most `busyTimeout` for another process's lock.
/// Work runs on GRDB's own queues, never on an event loop.
package struct ServiceDatabase: Sendable {
    package static let busyTimeout: Duration = .seconds(5)
    /// Up to this size the whole file is checked when it is opened: a few hundred milliseconds at most.
    private static let checkedSize = 64 << 20

    package let path: String
    package let pool: DatabasePool

    /// The file's name without its ending: the service's, in logs and metrics.
    package var name: String { URL(fileURLWithPath: self.path).deletingPathExtension().lastPathComponent }

    /// Opens or makes the file (mode 0600; missing directories are made, mode 0700) and brings it up to date.
    ///
    /// Blocks until the migrations are done: call it at start, not from an event loop.
    package static func open(path: String, migrations: [Migration]) throws -> ServiceDatabase {
        try self.open(path: path, migrations: migrations, busyTimeout: self.busyTimeout)
    }

    static func open(path: String, migrations: [Migration], busyTimeout: Duration) throws -> ServiceDatabase {
        let size = try self.makeFile(at: path)
        do {
            let pool = try DatabasePool(
                path: path,
                configuration: self.configuration(path: path, busyTimeout: busyTimeout)
            )
            try self.check(pool, path: path, wholeFile: size <= self.checkedSize)
            let migrator = migrations.migrator()
            if try pool.read({ try migrator.hasBeenSuperseded($0) }) {
                throw StoreError(.newer, path: path, detail: "it holds migrations this version does not know")
            }
            try migrator.migrate(pool)
            return ServiceDatabase(path: path, pool: pool)
        } catch let error as DatabaseError {
            throw StoreError(error, path: path) ?? error as any Error
        }
    }

    /// A database in a fresh directory below the system's temporary one. The caller removes `path`'s directory.
    package static func temporary(migrations: [Migration]) throws -> ServiceDatabase {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("gatecast-\(UUID().uuidString)")
        return try self.open(path: directory.appendingPathComponent("store.sqlite").path, migrations: migrations)
    }

    /// Reads one consistent snapshot; writers are not held up.
    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (GRDB.Database) throws -> Value
    ) async throws -> Value {
        do {
            return try await self.pool.read(body)
        } catch let error as DatabaseError {
            throw StoreError(error, path: self.path) ?? error as any Error
        }
    }

    /// One transaction: committed when `body` returns, rolled back when it throws.
    package func write<Value: Sendable>(
        _ body: @escaping @Sendable (GRDB.Database) throws -> Value
    ) async throws -> Value {
        do {
            return try await self.pool.write(body)
        } catch let error as DatabaseError {
            throw StoreError(error, path: self.path) ?? error as any Error
        }
    }

    /// Throws when the file cannot answer; for readiness.
    package func probe() async throws {
        try await self.read { try $0.execute(sql: "SELECT count(*) FROM sqlite_schema") }
    }

    /// Waits for running statements and closes the file. Later calls fail.
    package func close() throws {
        try self.pool.close()
    }

    private static func configuration(path: String, busyTimeout: Duration) -> Configuration {
        var configuration = Configuration()
        configuration.label = "gatecast.store.\(URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent)"
        configuration.foreignKeysEnabled = true
        let parts = busyTimeout.components
        configuration.busyMode = .timeout(Double(parts.seconds) + Double(parts.attoseconds) * 1e-18)
        configuration.maximumReaderCount = 4
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA synchronous = NORMAL")
        }
        return configuration
    }

    /// Makes the file ourselves because SQLite would make it readable for everyone. Answers its size.
    private static func makeFile(at path: String) throws(StoreError) -> Int {
        let files = FileManager.default
        let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
        do {
            try files.createDirectory(
                atPath: directory,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw StoreError(.unwritable, path: path, detail: "directory \(directory): \(Self.reason(error))")
        }
        guard files.fileExists(atPath: path) else {
            guard files.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]) else {
                throw StoreError(.unwritable, path: path, detail: "the file cannot be made")
            }
            return 0
        }
        guard files.isWritableFile(atPath: path) else {
            throw StoreError(.unwritable, path: path, detail: "no permission to write")
        }
        do {
            return try files.attributesOfItem(atPath: path)[.size] as? Int ?? 0
        } catch {
            throw StoreError(.unwritable, path: path, detail: Self.reason(error))
        }
    }

    private static func check(_ pool: DatabasePool, path: String, wholeFile: Bool) throws {
        guard wholeFile else { return }
        let verdict = try pool.read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }
        if let verdict, verdict != "ok" {
            throw StoreError(.corrupt, path: path, detail: verdict)
        }
    }

    private static func reason(_ error: any Error) -> String {
        let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
        return (underlying ?? error as NSError).localizedDescription
    }
}
