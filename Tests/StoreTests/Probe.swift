// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import GRDB
import Store

/// A directory that goes away with the test.
final class Scratch {
    let path: String

    init() {
        self.path = FileManager.default.temporaryDirectory.appendingPathComponent("store-\(UUID().uuidString)").path
    }

    var database: String { "\(self.path)/deep/store.sqlite" }

    deinit {
        do { try FileManager.default.removeItem(atPath: self.path) } catch { return }
    }
}

let migrations =
    Outbox.migrations + [
        JobQueue.migration,
        Migration("things-1") { database in
            try database.execute(sql: "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT")
        },
    ]

func event(_ id: String) -> OutboxEvent {
    OutboxEvent(id: id, type: "thing.made", subject: id, data: Array("{}".utf8), createdAt: 1)
}

extension ServiceDatabase {
    func append(_ ids: String...) async throws {
        try await self.write { database in
            for id in ids { try Outbox.append(event(id), in: database) }
        }
    }

    func pendingIDs() async throws -> [String] {
        try await self.read { try Outbox.pending(limit: 1000, in: $0) }.map(\.event.id)
    }
}
