// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import GRDB

/// Tells who waits for a table's rows about commits that added some. The database calls it on its writer queue.
final class CommitObserver: TransactionObserver, Sendable {
    private let table: String
    private let committed: @Sendable () -> Void

    init(table: String, committed: @escaping @Sendable () -> Void) {
        self.table = table
        self.committed = committed
    }

    /// Insertions only: the bookkeeping of who waits must not wake it again.
    func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool {
        if case .insert(let table) = eventKind { return table == self.table }
        return false
    }

    func databaseDidChange(with event: DatabaseEvent) {}

    /// Also called for commits without a row for us; a wake-up too many costs one indexed query that finds nothing.
    func databaseDidCommit(_ database: GRDB.Database) {
        self.committed()
    }

    func databaseDidRollback(_ database: GRDB.Database) {}
}
