// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Logging
internal import Synchronization

/// Open connections of clients on this node, over all loops; touched at accept and at close only.
final class NodeConnections: Sendable {
    private struct State {
        var count = 0
        /// The log was told that the cap is reached, and the count has not fallen well below it since.
        var isTold = false
    }

    private let state = Mutex(State())
    private let logger: Logger

    init(logger: Logger) { self.logger = logger }

    var count: Int { self.state.withLock { $0.count } }

    /// Whether one more may stay; `limit` 0: no cap. Each `true` owes one `leave`.
    func enter(limit: Int) -> Bool {
        let (isAdmitted, isNews) = self.state.withLock { state in
            guard limit > 0, state.count >= limit else {
                state.count += 1
                return (true, false)
            }
            defer { state.isTold = true }
            return (false, !state.isTold)
        }
        if isNews {
            self.logger.warning(
                "connections refused: limits.connections is reached",
                metadata: ["connections": "\(limit)"]
            )
        }
        return isAdmitted
    }

    func leave(limit: Int) {
        self.state.withLock { state in
            state.count -= 1
            if state.count < limit - limit / 10 { state.isTold = false }
        }
    }
}
