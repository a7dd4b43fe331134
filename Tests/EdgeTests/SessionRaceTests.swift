// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import Sessions
import Synchronization
import TestSupport
import Testing

@testable import Edge

@Suite("Sessions that end while they are looked up", .timeLimit(.minutes(5)))
struct SessionRaceTests {
    @Test("A lookup a logout overtakes does not bring the session back")
    func overtakenLookup() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        let route = RouteSettings(prefix: "/api/", upstream: "app", authentication: .required)
        let gate = LoadGate()
        try await EdgeHarness.run(upstream, routes: [route], store: { GatedStore($0, gate) }) { edge in
            let cookie = try await edge.login()
            let client = try await edge.connect()
            let request = "GET /api/ HTTP/1.1\r\nHost: \(edge.host)\r\n\(cookie)\r\n\r\n"
            gate.arm()
            try await client.send(request)
            await gate.waitForReader()
            let out = try await edge.exchange("POST", "/auth/logout", [cookie, "Sec-Fetch-Site: same-origin"])
            #expect(out.hasPrefix("HTTP/1.1 204"))
            gate.open()
            #expect(await client.receive(until: "hello").hasPrefix("HTTP/1.1 200"))
            try await client.send(request)
            #expect(await client.receive(until: "\"code\":").contains("HTTP/1.1 401"))
            await client.close()
        }
    }
}

/// Holds back what one `load` has already read.
final class LoadGate: Sendable {
    private enum State {
        case passing
        case armed
        case holding(CheckedContinuation<Void, Never>)
    }

    private let state = Mutex(State.passing)
    private let reader = AsyncStream<Void>.makeStream()

    func arm() { self.state.withLock { $0 = .armed } }

    func waitForReader() async {
        for await _ in self.reader.stream { return }
    }

    func open() {
        let held = self.state.withLock { state -> CheckedContinuation<Void, Never>? in
            defer { state = .passing }
            if case .holding(let continuation) = state { return continuation }
            return nil
        }
        held?.resume()
    }

    func pass() async {
        await withCheckedContinuation { continuation in
            let holds = self.state.withLock { state in
                guard case .armed = state else { return false }
                state = .holding(continuation)
                return true
            }
            if holds { self.reader.continuation.yield() } else { continuation.resume() }
        }
    }
}

private final class GatedStore: SessionStore {
    private let store: any SessionStore
    private let gate: LoadGate

    init(_ store: any SessionStore, _ gate: LoadGate) {
        self.store = store
        self.gate = gate
    }

    var isShared: Bool { self.store.isShared }
    var events: any AsyncSequence<SessionEvent, Never> & Sendable { self.store.events }
    var reconnections: any AsyncSequence<Void, Never> & Sendable { self.store.reconnections }
    func run() async throws { try await self.store.run() }

    func load(_ key: SessionKey) async throws(SessionStoreError) -> SealedSession? {
        let session = try await self.store.load(key)
        await self.gate.pass()
        return session
    }

    func create(_ session: SealedSession) async throws(SessionStoreError) { try await self.store.create(session) }
    func find(publicID: String) async throws(SessionStoreError) -> SealedSession? {
        try await self.store.find(publicID: publicID)
    }
    func sessions(of subject: String) async throws(SessionStoreError) -> [SealedSession] {
        try await self.store.sessions(of: subject)
    }
    func touch(_ key: SessionKey, seen: Date, idleEnd: Date) async throws(SessionStoreError) {
        try await self.store.touch(key, seen: seen, idleEnd: idleEnd)
    }
    func lease(_ key: SessionKey, for duration: Duration) async throws(SessionStoreError) -> RefreshLease? {
        try await self.store.lease(key, for: duration)
    }
    func replaceTokens(
        _ key: SessionKey,
        with new: SealedTokens,
        ifGeneration expected: UInt64
    ) async throws(SessionStoreError) -> Swap {
        try await self.store.replaceTokens(key, with: new, ifGeneration: expected)
    }
    func release(_ lease: RefreshLease) async { await self.store.release(lease) }
    func end(_ target: SessionTarget, because reason: EndReason) async throws(SessionStoreError) -> [SealedSession] {
        try await self.store.end(target, because: reason)
    }
}
