// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ServiceKit
internal import Store

/// Once a day, for who asked for it: one notice that says how many arrived since the day before and are unread. Goes owner by
/// owner, each once a day whatever crashes: a digest is received as an event is, under an id of its day and owner.
enum DigestJob {
    static let kind = "notifications.digest"
    private static let day: Int64 = 86_400_000
    private static let batch = 100

    /// - Parameters:
    ///   - hour: UTC.
    ///   - now: Unix milliseconds.
    static func handler(
        repository: any NoticeRepository,
        at hour: Int,
        now: @escaping @Sendable () -> Int64
    ) -> JobHandler {
        JobHandler(
            self.kind,
            schedule: .daily(hour: hour, minute: 0),
            work: .steps { job, progress in
                var (last, done) = (job.checkpoint ?? "", job.done)
                while true {
                    let owners = try await repository.digestOwners(
                        after: last,
                        since: job.runAt - self.day,
                        limit: self.batch
                    )
                    guard let end = owners.last else { return }
                    for owner in owners { try await Self.tell(owner, of: job, repository, now()) }
                    done += Int64(owners.count)
                    last = end.owner
                    try await progress.step(done: done, checkpoint: last) { _ in }
                }
            }
        )
    }

    private static func tell(
        _ digest: DigestCount,
        of job: Job,
        _ repository: any NoticeRepository,
        _ now: Int64
    ) async throws {
        let notice = Notice(
            id: OutboxEvent.freshID(),
            owner: digest.owner,
            kind: .digest,
            title: digest.unread == 1
                ? "One unread notice since yesterday" : "\(digest.unread) unread notices since yesterday",
            createdAt: now
        )
        let id = "digest \(job.runAt / self.day) \(digest.owner)"
        _ = try await repository.receive([notice], eventID: id, cause: .none, at: now)
    }
}
