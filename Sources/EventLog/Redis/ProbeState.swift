// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Counts what came back of what this node sent through the log and the lane. Pure.
struct ProbeState {
    /// A loop from this node through Redis and back.
    enum Path: String, Hashable, CaseIterable { case log, lane }

    struct Tick: Equatable {
        /// What to send now.
        var number: UInt64
        /// Paths that missed twice since they last worked: their connection is to be made anew.
        var reconnect: [Path] = []
        /// Probes that had not come back by now.
        var missed = 0
    }

    private struct Loop {
        var outstanding: UInt64?
        var misses = 0
    }

    private static let missesToReconnect = 2
    private static let missesToUnready = 3

    /// Of the last round.
    private(set) var number: UInt64 = 0
    private var loops: [Path: Loop] = [:]

    /// Once more after a reconnect changes nothing: only a probe that returns clears the misses.
    mutating func attach(_ path: Path) { loops[path] = loops[path] ?? Loop() }

    mutating func detach(_ path: Path) { loops[path] = nil }

    mutating func tick() -> Tick {
        number += 1
        var tick = Tick(number: number)
        for path in Path.allCases {
            guard var loop = loops[path] else { continue }
            if loop.outstanding != nil {
                loop.misses += 1
                tick.missed += 1
                if loop.misses % Self.missesToReconnect == 0 { tick.reconnect.append(path) }
            }
            loop.outstanding = number
            loops[path] = loop
        }
        return tick
    }

    /// A late probe still proves the path.
    mutating func returned(_ path: Path, _ number: UInt64) {
        guard var loop = loops[path], number <= self.number else { return }
        loop.misses = 0
        if loop.outstanding == number { loop.outstanding = nil }
        loops[path] = loop
    }

    var problem: String? {
        let names = Path.allCases.filter { (loops[$0]?.misses ?? 0) >= Self.missesToUnready }
        guard !names.isEmpty else { return nil }
        return "what this node sends does not come back: " + names.map { "\($0)" }.joined(separator: ", ")
    }
}
