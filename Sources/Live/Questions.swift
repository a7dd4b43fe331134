// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Synchronization

/// Questions of the loops that only async code can answer: which sessions still live, where the log ends. Asking twice
/// before the answer is asking once. The loops never wait: answers come back through the inboxes.
final class Questions: Sendable {
    private struct State {
        var sessions: Set<LiveSessionKey> = []
        var isExtentWanted = false
    }

    private let state = Mutex(State())
    private let sessionBell = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    private let extentBell = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    func ask(about key: LiveSessionKey) {
        state.withLock { _ = $0.sessions.insert(key) }
        sessionBell.continuation.yield()
    }

    func askForExtent() {
        state.withLock { $0.isExtentWanted = true }
        extentBell.continuation.yield()
    }

    /// Asks up to 16 sessions at a time, until cancelled.
    func answerSessions(
        check: @escaping @Sendable (LiveSessionKey) async -> LiveSessionState,
        answer: @escaping @Sendable (LiveSessionKey, LiveSessionState) -> Void
    ) async {
        for await _ in sessionBell.stream {
            while case let keys = takeSessions(16), !keys.isEmpty {
                await withDiscardingTaskGroup { group in
                    for key in keys { group.addTask { answer(key, await check(key)) } }
                }
            }
        }
    }

    /// One question to the log for all connections that wait for it, until cancelled.
    func answerExtent(_ ask: @Sendable () async -> Void) async {
        for await _ in extentBell.stream {
            let isWanted = state.withLock { state in
                defer { state.isExtentWanted = false }
                return state.isExtentWanted
            }
            if isWanted { await ask() }
        }
    }

    func takeSessions(_ count: Int) -> [LiveSessionKey] {
        state.withLock { state in
            let keys = Array(state.sessions.prefix(count))
            state.sessions.subtract(keys)
            return keys
        }
    }
}
