// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import Sessions
import Synchronization

/// The contract without a disk, for histories by the thousand; can be out of reach at will.
final class MemorySessionStore: SessionStore {
    private struct State {
        var sessions: [SessionKey: SealedSession] = [:]
        var leases: [SessionKey: RefreshLease] = [:]
        var isAway = false
        var nonce = 0
    }

    let isShared = false
    private let state = Mutex(State())

    var isAway: Bool {
        get { state.withLock { $0.isAway } }
        set { state.withLock { $0.isAway = newValue } }
    }

    private func with<Value>(_ body: (inout State) -> Value) throws(SessionStoreError) -> Value {
        guard let value = state.withLock({ $0.isAway ? nil : Optional(body(&$0)) }) else {
            throw SessionStoreError(.unavailable, "away")
        }
        return value
    }

    func create(_ session: SealedSession) async throws(SessionStoreError) {
        try with { $0.sessions[session.key] = session }
    }

    func load(_ key: SessionKey) async throws(SessionStoreError) -> SealedSession? { try with { $0.sessions[key] } }

    func find(publicID: String) async throws(SessionStoreError) -> SealedSession? {
        try with { $0.sessions.values.first { $0.publicID == publicID } }
    }

    func sessions(of subject: String) async throws(SessionStoreError) -> [SealedSession] {
        try with { $0.sessions.values.filter { $0.subject == subject }.sorted { $0.created < $1.created } }
    }

    func touch(_ key: SessionKey, seen: Date, idleEnd: Date) async throws(SessionStoreError) {
        try with { state in
            guard var session = state.sessions[key] else { return }
            session.lastSeen = max(session.lastSeen, seen)
            session.idleEnd = max(session.idleEnd, idleEnd)
            state.sessions[key] = session
        }
    }

    func lease(_ key: SessionKey, for duration: Duration) async throws(SessionStoreError) -> RefreshLease? {
        try with { state in
            guard state.leases[key] == nil else { return nil }
            state.nonce += 1
            let lease = RefreshLease(key: key, nonce: "\(state.nonce)")
            state.leases[key] = lease
            return lease
        }
    }

    func release(_ lease: RefreshLease) async {
        state.withLock { if $0.leases[lease.key] == lease { $0.leases[lease.key] = nil } }
    }

    func replaceTokens(
        _ key: SessionKey,
        with new: SealedTokens,
        ifGeneration expected: UInt64
    ) async throws(SessionStoreError) -> Swap {
        try with { state in
            guard var session = state.sessions[key] else { return .gone }
            guard session.generation == expected else { return .moved(session) }
            session.tokens = new
            state.sessions[key] = session
            return .written
        }
    }

    func end(_ target: SessionTarget, because reason: EndReason) async throws(SessionStoreError) -> [SealedSession] {
        try with { state in
            let ended = state.sessions.values.filter { session in
                switch target {
                case .session(let key): session.key == key
                case .user(let subject, let kept): session.subject == subject && session.key != kept
                }
            }
            for session in ended { state.sessions[session.key] = nil }
            return ended
        }
    }

    var events: any AsyncSequence<SessionEvent, Never> & Sendable { AsyncStream<SessionEvent> { $0.finish() } }
    func run() async throws {}
}
