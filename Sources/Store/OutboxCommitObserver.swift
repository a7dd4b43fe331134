// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import GRDB

/// Tells the relay about commits that appended to the outbox. The database calls it on its writer queue.
final class OutboxCommitObserver: TransactionObserver, Sendable {
    private let committed: @Sendable () -> Void

    init(committed: @escaping @Sendable () -> Void) {
        self.committed = committed
    }

    /// Insertions only: the relay's own bookkeeping must not wake it again.
    func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool {
        if case .insert(let table) = eventKind { return table == Outbox.table }
        return false
    }

    func databaseDidChange(with event: DatabaseEvent) {}

    /// Also called for commits without a row for us; a wake-up too many costs one indexed query that finds nothing.
    func databaseDidCommit(_ database: GRDB.Database) {
        self.committed()
    }

    func databaseDidRollback(_ database: GRDB.Database) {}
}
