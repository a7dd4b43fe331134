// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Wire

/// The lane beside the log: no id, no replay, at most once, live connections only (typing, presence).
package protocol EphemeralLane: Sendable {
    /// Data is one JSON value within the log's limits.
    func publish(_ topic: Topic, data: [UInt8]) async throws(EventLogError)
    /// Feeds the sink until the calling task is cancelled; survives outages by itself. What is published meanwhile is
    /// gone.
    func run(into sink: any EphemeralSink) async throws
}

/// Called serially, from any thread; must not block.
package protocol EphemeralSink: Sendable {
    func ephemeral(_ topic: Topic, data: [UInt8])
}
