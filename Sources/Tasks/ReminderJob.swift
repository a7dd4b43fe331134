// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import GRDB
internal import ServiceKit
internal import Store
internal import StrictJSON

/// Tells that a task is due soon: one waiting job for each task with a due time, moved and withdrawn with it. The event and the
/// job's end are one transaction, so each reminder is told once.
enum ReminderJob {
    static func apply(
        _ plan: Reminder.Plan,
        to item: WorkItem,
        at now: Int64,
        cause: EventCause,
        in database: GRDB.Database
    ) throws {
        switch plan {
        case .keep: return
        case .withdraw: try JobQueue.withdraw(kind: Reminder.kind, key: item.id, in: database)
        case .schedule(let time):
            let payload: JSONValue = ["due_at": .integer(item.dueAt ?? 0)]
            let job = NewJob(kind: Reminder.kind, key: item.id, payload: payload.encoded(), runAt: time, cause: cause)
            try JobQueue.enqueue(job, at: now, in: database)
        }
    }

    /// - Parameter now: Unix milliseconds.
    static func handler(now: @escaping @Sendable () -> Int64) -> JobHandler {
        JobHandler(
            Reminder.kind,
            work: .transaction { job, database in
                guard let due = try JSONScanner.parse(job.payload)["due_at"]?.integer, let id = job.key,
                    let item = try SQLiteTaskRepository.find(id, in: database), Reminder.isStillTrue(item, due: due)
                else { return }
                let event = TaskFact(.due, item, actor: nil).outboxEvent(at: now(), cause: job.cause)
                try Outbox.append(event, in: database)
            }
        )
    }
}
