// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Edge
internal import Foundation
internal import Live
internal import Sessions
internal import Wire

/// Joins the two floors that must not know each other: what a login session's fate means for its sockets.
enum LiveSessions {
    static func check(_ key: LiveSessionKey, with sessions: SessionAuthority?) async -> LiveSessionState {
        guard let sessions, let sessionKey = SessionKey(bytes: key.bytes) else { return .ended(.sessionEnded) }
        return switch await sessions.check(sessionKey) {
        case .alive(let until, let claims): .alive(until: until, claims: claims)
        case .ended(let reason): .ended(closeCode(reason))
        case .unknown: .unknown
        }
    }

    /// A subscription is activity of its session. Rare (once a minute and connection), so a task of its own is cheap.
    static func touch(_ key: LiveSessionKey, with sessions: SessionAuthority?) {
        guard let sessions, let sessionKey = SessionKey(bytes: key.bytes) else { return }
        Task { await sessions.touch(sessionKey, now: .now) }
    }

    static func connect(_ sessions: SessionAuthority, to hub: Hub) {
        sessions.observe { event in
            let key = LiveSessionKey(event.key.bytes)
            switch event {
            case .ended(_, let reason): hub.closeSession(key, closeCode(reason))
            case .tokensReplaced: hub.sessionChanged(key)
            }
        }
        sessions.observeReconnections { hub.sweepSessions() }
    }

    /// login.md §8: ended by somebody → 4005; run out → 4001; the same browser logged in anew → 4201.
    static func closeCode(_ reason: EndReason) -> CloseCode {
        reason.closeCode
    }
}
