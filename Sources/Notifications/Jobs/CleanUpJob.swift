// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Store

/// Deletes notices that have had their time, in small steps, so that nobody waits for the store.
enum CleanUpJob {
    static let kind = "notifications.clean-up"
    private static let step = 500

    /// - Parameter now: Unix milliseconds.
    static func handler(
        repository: any NoticeRepository,
        settings: NotificationsSettings,
        now: @escaping @Sendable () -> Int64
    ) -> JobHandler {
        let (read, any) = (settings.keepRead.components.seconds * 1000, settings.keepNotices.components.seconds * 1000)
        return JobHandler(
            self.kind,
            schedule: .every(.seconds(3600)),
            work: .steps { _, progress in
                var deleted: Int64 = 0
                while true {
                    let time = now()
                    let count = try await repository.prune(
                        readBefore: time - read,
                        arrivedBefore: time - any,
                        limit: self.step
                    )
                    if count == 0 { return }
                    deleted += Int64(count)
                    try await progress.report(done: deleted)
                }
            }
        )
    }
}
