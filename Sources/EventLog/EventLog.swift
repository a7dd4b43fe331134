// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Wire

/// The live log: one order and one cursor for every topic. Two forms, held to one contract suite.
package protocol EventLog: Sendable {
    /// Appends all or none, in order. A `key` seen for the same topic within 10 minutes answers the first id again and
    /// appends nothing for it. Returns once the events are as durable as this log makes them.
    func append(_ events: [NewEvent]) async throws(EventLogError) -> [Appended]

    /// Feeds the sink until the calling task is cancelled: preload once, then batches. Survives outages by itself;
    /// returns without error when cancelled. May run several times at once, each with its own sink and position.
    func run(into sink: any EventLogSink) async throws

    /// First and last id and the mark, as the log has them now. Callers at the same time share one question.
    func extent() async throws(EventLogError) -> LogExtent

    /// Whether a reader of this log sees what publishers write, as `/readyz` tells it.
    var readiness: LogReadiness { get }

    /// Other nodes read the same log just now, so that clients of this one have somewhere to go.
    var hasPeers: Bool { get }
}

extension EventLog {
    /// A log of one process has none.
    package var hasPeers: Bool { false }
}

/// What one reader of the log is told. Called serially, never concurrently, from any thread; must not block.
package protocol EventLogSink: Sendable {
    /// First call of a run.
    /// - Parameters:
    ///   - tail: the newest entries in order, as many as the reader's budget holds.
    ///   - floor: cursors below it cannot be resumed from.
    ///   - position: where the batches go on; the id of the tail's last entry, or later.
    func preload(_ tail: [LogEntry], floor: Cursor, position: Cursor)
    func append(_ batch: [LogEntry])
    /// Events may have been missed. Reading goes on after `position`; cursors below `oldest` are no longer honoured.
    /// With `.reset` it is a new log and everything read before is void.
    func lost(_ why: GapReason, continuingAt position: Cursor, oldest: Cursor)
}
