// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import GRDB

/// How jobs of one kind are done.
package struct JobHandler: Sendable {
    package enum Work: Sendable {
        /// A few statements, in the very transaction that marks the job done: their effect happens once, whatever crashes.
        case transaction(@Sendable (Job, GRDB.Database) throws -> Void)
        /// Long work in steps of its own. It starts again after a crash, at `job.checkpoint`.
        case steps(@Sendable (Job, JobProgress) async throws -> Void)
    }

    package let kind: String
    /// Starts before a job is given up and kept as failed. Default 8.
    package var attempts: Int
    package var retry: RetryPolicy
    /// When the next one is due after each that ended; `nil` for jobs that somebody enqueues.
    package var schedule: JobSchedule?
    package let work: Work

    package init(
        _ kind: String,
        attempts: Int = 8,
        retry: RetryPolicy = RetryPolicy(base: .seconds(1), cap: .seconds(600), floor: .milliseconds(500)),
        schedule: JobSchedule? = nil,
        work: Work
    ) {
        self.kind = kind
        self.attempts = attempts
        self.retry = retry
        self.schedule = schedule
        self.work = work
    }

    var isLong: Bool {
        if case .steps = self.work { return true }
        return false
    }
}

/// Somebody else has the job by now, or it was cancelled: whoever catches this stops and writes nothing more.
package struct JobLost: Error, Sendable, CustomStringConvertible {
    package let id: Int64
    package var description: String { "job \(self.id) was cancelled or taken over" }
}
