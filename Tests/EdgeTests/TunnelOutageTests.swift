// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import Sessions
import Synchronization
import TestSupport
import Testing

@testable import Edge

@Suite("Tunnels whose session ends elsewhere", .timeLimit(.minutes(5)))
struct TunnelOutageTests {
    @Test("What another node did while nothing could be heard of it counts once the channel is back")
    func missedEvent() async throws {
        let upstream = try await FakeUpstream.start([.receiveHead, .send(TunnelTests.switching)])
        let deaf = Mutex<DeafStore?>(nil)
        try await EdgeHarness.run(
            upstream,
            routes: [TunnelTests.route(.required)],
            store: { store in
                let wrapped = DeafStore(store)
                deaf.withLock { $0 = wrapped }
                return wrapped
            }
        ) { edge in
            let store = try #require(deaf.withLock { $0 })
            let cookie = try await edge.login()
            let client = try await edge.connect()
            try await client.send(TunnelTests.handshake(edge, ["Origin: \(edge.origin)", cookie]))
            await client.receive(until: "\r\n\r\n")

            // Alive: a sweep changes nothing.
            store.reconnected()
            let ended = try await store.inner.end(.user("id-ana", except: nil), because: .revoked)
            #expect(ended.count == 1)
            store.reconnected()
            #expect(await client.receiveAll().contains("session_ended"))
            await client.close()
            await upstream.waitForClose()
        }
    }
}

/// A store whose node hears of nothing, except that it may have missed something.
private final class DeafStore: SessionStore {
    let inner: any SessionStore
    private let connection = AsyncStream<Void>.makeStream()

    init(_ inner: any SessionStore) { self.inner = inner }

    func reconnected() { self.connection.continuation.yield() }

    var isShared: Bool { self.inner.isShared }
    var events: any AsyncSequence<SessionEvent, Never> & Sendable {
        let (stream, continuation) = AsyncStream<SessionEvent>.makeStream()
        continuation.finish()
        return stream
    }
    var reconnections: any AsyncSequence<Void, Never> & Sendable { self.connection.stream }
    func run() async throws { try await self.inner.run() }

    func load(_ key: SessionKey) async throws(SessionStoreError) -> SealedSession? { try await self.inner.load(key) }
    func create(_ session: SealedSession) async throws(SessionStoreError) { try await self.inner.create(session) }
    func find(publicID: String) async throws(SessionStoreError) -> SealedSession? {
        try await self.inner.find(publicID: publicID)
    }
    func sessions(of subject: String) async throws(SessionStoreError) -> [SealedSession] {
        try await self.inner.sessions(of: subject)
    }
    func touch(_ key: SessionKey, seen: Date, idleEnd: Date) async throws(SessionStoreError) {
        try await self.inner.touch(key, seen: seen, idleEnd: idleEnd)
    }
    func lease(_ key: SessionKey, for duration: Duration) async throws(SessionStoreError) -> RefreshLease? {
        try await self.inner.lease(key, for: duration)
    }
    func replaceTokens(
        _ key: SessionKey,
        with new: SealedTokens,
        ifGeneration expected: UInt64
    ) async throws(SessionStoreError) -> Swap {
        try await self.inner.replaceTokens(key, with: new, ifGeneration: expected)
    }
    func release(_ lease: RefreshLease) async { await self.inner.release(lease) }
    func end(_ target: SessionTarget, because reason: EndReason) async throws(SessionStoreError) -> [SealedSession] {
        try await self.inner.end(target, because: reason)
    }
}
