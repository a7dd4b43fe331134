// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Metrics
internal import Redis
internal import Synchronization

/// Proof that publishing and reading meet in one Redis: an own entry and an own message that must come back. A demoted
/// master takes both and passes them to nobody (redis/redis#2942); PING would not notice. Shared by log and lane.
package final class LogProbe: Sendable {
    private struct Shared {
        var state = ProbeState()
        var reconnects: [ProbeState.Path: @Sendable () -> Void] = [:]
        /// When another node's probe last came by.
        var peerHeardAt: ContinuousClock.Instant?
        var sentAt: ContinuousClock.Instant?
    }

    /// This node's name among those that share the log.
    package let node: String
    private let shared = Mutex(Shared())

    private let interval: Duration

    /// - Parameter interval: how often every node sends.
    package init(node: String, interval: Duration = LogTiming().probe) {
        self.node = node
        self.interval = interval
    }

    /// Another node serves on: its probe was heard within three rounds.
    var hasPeers: Bool {
        shared.withLock { shared in
            shared.peerHeardAt.map { .now - $0 <= interval * 3 } ?? false
        }
    }

    func heard(of node: String) { shared.withLock { $0.peerHeardAt = .now } }

    var laneTopic: String { "$probe.\(node)" }

    /// Nil while every attached path works.
    package var problem: String? { shared.withLock { $0.state.problem } }

    func attach(_ path: ProbeState.Path, reconnect: @escaping @Sendable () -> Void) {
        shared.withLock { shared in
            shared.state.attach(path)
            shared.reconnects[path] = reconnect
        }
    }

    func detach(_ path: ProbeState.Path) {
        shared.withLock { shared in
            shared.state.detach(path)
            shared.reconnects[path] = nil
        }
    }

    func returned(_ path: ProbeState.Path, _ number: UInt64) {
        let took = shared.withLock { shared -> Duration? in
            shared.state.returned(path, number)
            return number == shared.state.number ? shared.sentAt.map { .now - $0 } : nil
        }
        if let took { LogMetrics.probe(path).record(duration: took) }
    }

    /// The commands of one round.
    func tick(stream: String) -> [[RedisArgument]] {
        let (tick, reconnects) = shared.withLock { shared in
            let tick = shared.state.tick()
            shared.sentAt = .now
            return (tick, tick.reconnect.compactMap { shared.reconnects[$0] })
        }
        if tick.missed > 0 { LogMetrics.probeFailures.increment(by: tick.missed) }
        for reconnect in reconnects { reconnect() }
        let number = RedisArgument(tick.number)
        return [
            ["XADD", .string(stream), "MAXLEN", "~", 256, "*", "node", .string(node), "n", number],
            ["PUBLISH", .string(RedisEphemeralLane.prefix + laneTopic), number],
        ]
    }
}
