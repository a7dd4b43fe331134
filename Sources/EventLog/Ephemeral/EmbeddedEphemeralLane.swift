// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Synchronization
package import Wire

/// The ephemeral lane of one process. A sink that falls more than 4,096 messages behind misses the newest ones: this
/// lane promises at most once, and an unbounded queue would promise memory instead.
package final class EmbeddedEphemeralLane: EphemeralLane {
    private struct Message: Sendable {
        let topic: Topic
        let data: [UInt8]
    }

    private struct Sinks {
        var continuations: [UInt64: AsyncStream<Message>.Continuation] = [:]
        var lastID: UInt64 = 0
    }

    private static let capacity = 4096

    private let sinks = Mutex(Sinks())
    private let rules: LogRules

    package init(limits: LogLimits = LogLimits()) {
        rules = LogRules(limits: limits)
    }

    package func publish(_ topic: Topic, data: [UInt8]) async throws(EventLogError) {
        guard !topic.isReserved else { throw EventLogError(.invalid, "no publisher can name the topic \(topic.name)") }
        try rules.check(data, of: topic)
        let message = Message(topic: topic, data: data)
        sinks.withLock { sinks in
            for continuation in sinks.continuations.values {
                if case .dropped = continuation.yield(message) { LogMetrics.rejected(.overflow) }
            }
        }
    }

    package func run(into sink: any EphemeralSink) async throws {
        let (messages, continuation) = AsyncStream.makeStream(
            of: Message.self,
            bufferingPolicy: .bufferingOldest(Self.capacity)
        )
        let id = sinks.withLock { sinks in
            sinks.lastID += 1
            sinks.continuations[sinks.lastID] = continuation
            return sinks.lastID
        }
        defer { sinks.withLock { $0.continuations[id] = nil } }
        // Ends when the calling task is cancelled.
        for await message in messages { sink.ephemeral(message.topic, data: message.data) }
    }
}
