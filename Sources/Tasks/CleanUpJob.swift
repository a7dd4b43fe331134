// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import GRDB
internal import ServiceKit
internal import Store

/// Deletes what has had its time: tasks that have been in the bin for long, and spent idempotency keys. In small steps, so
/// that nobody waits for the store.
enum CleanUpJob {
    static let kind = "tasks.clean-up"
    /// Rows a step deletes of each.
    static let step = 500

    /// - Parameters:
    ///   - keep: how long deleted tasks can be restored, in milliseconds.
    ///   - now: Unix milliseconds.
    static func handler(keepDeleted keep: Int64, now: @escaping @Sendable () -> Int64) -> JobHandler {
        JobHandler(
            self.kind,
            schedule: .every(.seconds(600)),
            work: .steps { _, progress in
                var deleted: Int64 = 0
                while true {
                    let (time, before) = (now(), deleted)
                    deleted += try await progress.counted(after: before) { database in
                        try IdempotencyKeys.prune(
                            before: time - IdempotencyKey.lifetime,
                            limit: Self.step,
                            in: database
                        )
                            + Self.empty(before: time - keep, in: database)
                    }
                    if deleted == before { return }
                }
            }
        )
    }

    private static func empty(before time: Int64, in database: GRDB.Database) throws -> Int {
        let owners = try String.fetchAll(
            database,
            sql: """
                DELETE FROM work_items WHERE position IN (
                    SELECT position FROM work_items WHERE deleted_at IS NOT NULL AND deleted_at < ? LIMIT ?
                )
                RETURNING owner
                """,
            arguments: [time, Self.step]
        )
        if !owners.isEmpty { try SQLiteTaskRepository.restamp(Set(owners), in: database) }
        return owners.count
    }
}

extension JobProgress {
    /// One step that says how many rows it touched; progress is told as the rows so far.
    fileprivate func counted(
        after done: Int64,
        _ work: @escaping @Sendable (GRDB.Database) throws -> Int
    ) async throws -> Int64 {
        try await self.step { database in
            let count = Int64(try work(database))
            return (done + count, count)
        }
    }
}
