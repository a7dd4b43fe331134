// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Work to be done later, at least once started, its effects once.
package struct NewJob: Sendable, Hashable {
    /// Which `JobHandler` does it, for example `task.reminder`.
    package var kind: String
    /// At most one job of a kind and key waits at a time: enqueuing again moves it. `nil` for any number.
    package var key: String?
    /// One JSON value, the handler's own.
    package var payload: [UInt8]
    /// Unix milliseconds.
    package var runAt: Int64
    package var cause: EventCause

    package init(
        kind: String,
        key: String? = nil,
        payload: [UInt8] = Array("null".utf8),
        runAt: Int64,
        cause: EventCause = .none
    ) {
        self.kind = kind
        self.key = key
        self.payload = payload
        self.runAt = runAt
        self.cause = cause
    }
}

/// A job as the store keeps it.
///
///     waiting ──claimed──► running ──┬─ finished ──► done
///        ▲                    │      ├─ cancelled ─► cancelled
///        └─ failed, released, ┘      └─ failed for the last time ─► failed
///           or its lease ran out
package struct Job: Sendable, Hashable {
    package enum State: String, Sendable, Hashable, CaseIterable {
        case waiting, running, done, failed, cancelled
    }

    package let id: Int64
    package let kind: String
    package let key: String?
    package let payload: [UInt8]
    package let state: State
    /// When it is due, in Unix milliseconds, as are the other times.
    package let runAt: Int64
    /// Times it was started, this one included.
    package let attempts: Int
    /// How far a long job says it is; `total` is `nil` where it cannot know.
    package let done: Int64
    package let total: Int64?
    /// Where a long job goes on after a crash, in its handler's words.
    package let checkpoint: String?
    /// Why the last attempt failed.
    package let error: String?
    package let createdAt: Int64
    package let startedAt: Int64?
    package let finishedAt: Int64?
    package let cause: EventCause
}
