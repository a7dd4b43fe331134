// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import EventLog
package import Wire

/// The ephemeral lane together with a foreign publisher: writing goes to the lane, reading comes from both.
package struct IntakeLane: EphemeralLane {
    private let lane: any EphemeralLane
    private let source: ChannelsPubSubSource

    package init(_ lane: any EphemeralLane, with source: ChannelsPubSubSource) {
        (self.lane, self.source) = (lane, source)
    }

    package func publish(_ topic: Topic, data: [UInt8]) async throws(EventLogError) {
        try await lane.publish(topic, data: data)
    }

    /// A sink is called serially, so the two take turns.
    package func run(into sink: any EphemeralSink) async throws {
        let turns = TurnTakingSink(sink)
        try await withThrowingTaskGroup { group in
            group.addTask { try await lane.run(into: turns) }
            group.addTask { try await source.run(into: turns) }
            // Neither ends by itself: the first end is a cancellation or an error, and ends the other.
            try await group.next()
            group.cancelAll()
            try await group.waitForAll()
        }
    }
}
