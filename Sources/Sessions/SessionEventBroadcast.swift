// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Synchronization

/// One event to every subscription. A reader 4,096 events behind loses the oldest: the sweep of sockets and the 5 s of the
/// caches bound what that can cost.
final class SessionEventBroadcast: Sendable {
    static let backlog = 4096

    private struct State {
        var subscriptions: [UInt64: AsyncStream<SessionEvent>.Continuation] = [:]
        var last: UInt64 = 0
    }

    private let state = Mutex(State())

    func subscribe() -> AsyncStream<SessionEvent> {
        let (stream, continuation) = AsyncStream<SessionEvent>.makeStream(
            bufferingPolicy: .bufferingNewest(Self.backlog)
        )
        let id = state.withLock { state in
            state.last += 1
            state.subscriptions[state.last] = continuation
            return state.last
        }
        continuation.onTermination = { [weak self] _ in
            // The removed continuation is let go outside the lock.
            _ = self?.state.withLock { $0.subscriptions.removeValue(forKey: id) }
        }
        return stream
    }

    func send(_ event: SessionEvent) {
        for continuation in state.withLock({ Array($0.subscriptions.values) }) { continuation.yield(event) }
    }
}
