// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Foundation
package import Logging
package import Redis
internal import Synchronization

/// Sessions of several nodes in one Redis: a hash per session that expires with it, a sorted set per user, events over
/// pub/sub. Redis must not evict: `maxmemory-policy noeviction`, or sessions vanish without an end.
package final class RedisSessionStore: SessionStore {
    package static let channel = "gatecast:sessions"
    private static let hashes = "gatecast:session:"
    private static let users = "gatecast:sessions:"
    private static let publicIDs = "gatecast:session-id:"
    private static let leases = "gatecast:session-lease:"

    package let isShared = true
    private let client: RedisClient
    private let logger: Logger
    private let broadcast = SessionEventBroadcast()
    private let returns = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    /// - Parameter client: runs as a service of its own, before and after this store.
    package init(client: RedisClient, logger: Logger) {
        self.client = client
        self.logger = logger
    }

    /// Local events come back through Redis too, so without `run` there are none.
    package var events: any AsyncSequence<SessionEvent, Never> & Sendable { broadcast.subscribe() }

    package var reconnections: any AsyncSequence<Void, Never> & Sendable { returns.stream }

    package func create(_ session: SealedSession) async throws(SessionStoreError) {
        let expiry = min(session.absoluteEnd.milliseconds, session.idleEnd.milliseconds, session.tokens.redisEnd)
        let head: [RedisArgument] = [
            .string(session.key.text), .integer(session.created.milliseconds), .integer(expiry),
            .integer(session.absoluteEnd.milliseconds),
        ]
        _ = try await eval(
            RedisSessionScripts.create,
            keys: [
                Self.hash(session.key), .string(Self.users + session.subject),
                .string(Self.publicIDs + session.publicID),
            ],
            head + session.redisFields
        )
    }

    package func load(_ key: SessionKey) async throws(SessionStoreError) -> SealedSession? {
        try SealedSession(redis: try await send(["HGETALL", Self.hash(key)]))
    }

    package func find(publicID: String) async throws(SessionStoreError) -> SealedSession? {
        let reply = try await send(["GET", .string(Self.publicIDs + publicID)])
        guard let text = reply.string, let key = SessionKey(text) else { return nil }
        return try await load(key)
    }

    package func sessions(of subject: String) async throws(SessionStoreError) -> [SealedSession] {
        let reply = try await eval(
            RedisSessionScripts.list,
            keys: [.string(Self.users + subject)],
            [.string(Self.hashes)]
        )
        var sessions: [SealedSession] = []
        for fields in reply.array ?? [] {
            if let session = try SealedSession(redis: fields) { sessions.append(session) }
        }
        return sessions
    }

    package func touch(_ key: SessionKey, seen: Date, idleEnd: Date) async throws(SessionStoreError) {
        _ = try await eval(
            RedisSessionScripts.touch,
            keys: [Self.hash(key)],
            [.integer(seen.milliseconds), .integer(idleEnd.milliseconds)]
        )
    }

    package func lease(_ key: SessionKey, for duration: Duration) async throws(SessionStoreError) -> RefreshLease? {
        let lease = RefreshLease(key: key, nonce: RefreshLease.freshNonce())
        let milliseconds = Int64(duration.timeInterval * 1000)
        let reply = try await send([
            "SET", Self.leaseKey(key), .string(lease.nonce), "NX", "PX", .integer(max(1, milliseconds)),
        ])
        return reply.isNull ? nil : lease
    }

    package func release(_ lease: RefreshLease) async {
        do throws(SessionStoreError) {
            _ = try await eval(
                RedisSessionScripts.release,
                keys: [Self.leaseKey(lease.key)],
                [.string(lease.nonce)]
            )
        } catch {
            // It runs out by itself within its 12 s.
            logger.debug("a refresh lease was not released", metadata: ["reason": "\(error)"])
        }
    }

    package func replaceTokens(
        _ key: SessionKey,
        with new: SealedTokens,
        ifGeneration expected: UInt64
    ) async throws(SessionStoreError) -> Swap {
        let head: [RedisArgument] = [
            .string(String(Int64(bitPattern: expected))), .integer(new.redisEnd), .string(Self.channel),
            .string(SessionEvent.tokensReplaced(key).message),
        ]
        let reply = try await eval(
            RedisSessionScripts.replaceTokens,
            keys: [Self.hash(key)],
            head + new.redisFields
        )
        switch reply {
        case .integer(1): return .written
        case .array: return try SealedSession(redis: reply).map { .moved($0) } ?? .gone
        default: return .gone
        }
    }

    package func end(
        _ target: SessionTarget,
        because reason: EndReason
    ) async throws(SessionStoreError) -> [SealedSession] {
        switch target {
        case .session(let key):
            return try await end(key, because: reason).map { [$0] } ?? []
        case .user(let subject, let kept):
            var ended: [SealedSession] = []
            for session in try await sessions(of: subject) where session.key != kept {
                if let session = try await end(session.key, because: reason) { ended.append(session) }
            }
            return ended
        }
    }

    private func end(_ key: SessionKey, because reason: EndReason) async throws(SessionStoreError) -> SealedSession? {
        let reply = try await eval(
            RedisSessionScripts.end,
            keys: [Self.hash(key)],
            [
                .string(key.text), .string(Self.users), .string(Self.publicIDs), .string(Self.channel),
                .string(SessionEvent.ended(key, reason).message),
            ]
        )
        return try SealedSession(redis: reply)
    }

    /// Listens for every node's events until cancelled; comes back by itself after a loss.
    package func run() async throws {
        let subscription = client.subscribe(channels: [Self.channel])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await self.warnAboutEviction() }
            group.addTask { [broadcast, returned = returns.continuation] in
                let wasEstablished = Atomic(false)
                try await subscription.run { event in
                    switch event {
                    case .message(let message):
                        if let event = SessionEvent(message: message.payload) { broadcast.send(event) }
                    case .reset:
                        if wasEstablished.exchange(true, ordering: .relaxed) { returned.yield() }
                    case .interrupted:
                        break
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func warnAboutEviction() async {
        do {
            try await client.waitUntilConnected()
            let policy = try await client.send("CONFIG", "GET", "maxmemory-policy").array?.last?.string
            guard let policy, policy != "noeviction" else { return }
            logger.warning(
                "Redis may evict sessions: set maxmemory-policy noeviction",
                metadata: ["maxmemory-policy": "\(policy)"]
            )
        } catch {
            // Hosted servers often refuse CONFIG; there is nothing to warn of that we know.
            logger.debug("the eviction policy is unknown", metadata: ["reason": "\(error)"])
        }
    }

    private static func hash(_ key: SessionKey) -> RedisArgument { .string(hashes + key.text) }
    private static func leaseKey(_ key: SessionKey) -> RedisArgument { .string(leases + key.text) }

    private func send(_ command: [RedisArgument]) async throws(SessionStoreError) -> RESPValue {
        do throws(RedisError) {
            return try await client.send(command)
        } catch {
            throw SessionStoreError(.unavailable, "\(error)")
        }
    }

    private func eval(
        _ script: String,
        keys: [RedisArgument],
        _ arguments: [RedisArgument]
    ) async throws(SessionStoreError) -> RESPValue {
        do throws(RedisError) {
            return try await client.eval(script, keys: keys, arguments: arguments)
        } catch {
            throw SessionStoreError(.unavailable, "\(error)")
        }
    }
}
