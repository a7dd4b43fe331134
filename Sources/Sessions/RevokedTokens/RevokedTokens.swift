// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
package import Logging
internal import ServiceLifecycle
internal import Synchronization
package import Tokens

/// Revocation of bearer tokens on every node: writes to the store first, then tells this node's `TokenAuthority`; others
/// read the store again when told, and every 30 s whether told or not. Until the first reading no bearer passes
/// (503 `keys-unavailable`): doubt opens no door.
///
/// While Redis is away nothing can be revoked, which is said, and nothing that is revoked comes back to life.
package final class RevokedTokens: Service, Sendable {
    package enum Failure: Error, Sendable, Hashable {
        /// Neither kept nor told to anybody.
        case storeUnavailable
        /// As many as are ever kept; the oldest end by themselves.
        case full
        /// No issuer is configured, so no bearer passes anyway.
        case noIssuers
    }

    /// Between two looks without a word from the store.
    package static let interval: Duration = .seconds(30)
    /// While the store is away at start.
    static let firstRetry: Duration = .milliseconds(500)

    private let store: any RevokedTokenStore
    private let tokens: TokenAuthority
    private let clock: SessionClock
    private let logger: Logger
    /// The store's version that this node's list has.
    private let known = Mutex<Int64?>(nil)

    package init(
        store: any RevokedTokenStore,
        tokens: TokenAuthority,
        clock: SessionClock = .system,
        logger: Logger
    ) {
        self.store = store
        self.tokens = tokens
        self.clock = clock
        self.logger = logger
        tokens.expectRevocations()
    }

    /// One token by its `jti`, until `until`, or for as long as any token lives.
    package func revoke(
        tokenID: String,
        issuer: String? = nil,
        until: Int64? = nil
    ) async throws(Failure) -> RevocationList.Entry {
        let now = now
        let end = min(until ?? .max, now + tokens.longestLife)
        return try await add(RevocationList.Entry(.token(tokenID), issuer: issuer, until: end), now: now)
    }

    /// Every token issued to this user up to and in this second.
    package func revoke(user: String, issuer: String? = nil) async throws(Failure) -> RevocationList.Entry {
        let now = now
        let entry = RevocationList.Entry(
            .user(user, issuedUntil: now),
            issuer: issuer,
            until: now + tokens.longestLife
        )
        return try await add(entry, now: now)
    }

    /// `nil` once the list was read; from then on a node knows one, fresh or not.
    package var notReadyReason: String? {
        known.withLock { $0 == nil } ? "revoked tokens have not been read yet" : nil
    }

    package func run() async throws {
        try await cancelWhenGracefulShutdown {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    do { try await self.store.run() } catch is CancellationError {
                        // The end asked for.
                    }
                }
                group.addTask {
                    for await _ in self.store.changes { await self.refresh() }
                }
                group.addTask { await self.keepFresh() }
                try await group.waitForAll()
            }
        }
    }

    private var now: Int64 { Int64(clock.now().timeIntervalSince1970) }

    private func add(_ entry: RevocationList.Entry, now: Int64) async throws(Failure) -> RevocationList.Entry {
        guard tokens.longestLife > 0 else { throw .noIssuers }
        do throws(SessionStoreError) {
            guard try await store.add(entry, now: now) else { throw SessionStoreError(.full, "revoked tokens") }
        } catch {
            logger.warning("a revocation was not kept", metadata: ["reason": "\(error)"])
            throw error.code == .full ? .full : .storeUnavailable
        }
        do throws(RevocationList.Full) {
            try tokens.revoke(entry, now: now)
        } catch {
            throw .full
        }
        logger.info("bearer tokens revoked", metadata: ["by": entry.isOfUser ? "user" : "jti"])
        return entry
    }

    private func keepFresh() async {
        while !Task.isCancelled {
            let isRead = await refresh()
            do {
                try await clock.sleep(isRead ? Self.interval : Self.firstRetry)
            } catch {
                return  // cancelled
            }
        }
    }

    /// Answers whether this node knows a list, fresh or not.
    @discardableResult
    private func refresh() async -> Bool {
        do throws(SessionStoreError) {
            // What is added, here or elsewhere, while the list is read moves the version: then it is read again.
            while true {
                let version = try await store.version()
                if known.withLock({ $0 == version }) { return true }
                tokens.replaceRevocations(with: try await list())
                known.withLock { $0 = version }
            }
        } catch {
            logger.warning("revoked tokens cannot be read", metadata: ["reason": "\(error)"])
            return known.withLock { $0 != nil }
        }
    }

    private func list() async throws(SessionStoreError) -> RevocationList {
        let now = now
        var list = RevocationList()
        for entry in try await store.all(now: now) {
            do throws(RevocationList.Full) {
                try list.insert(entry, now: now)
            } catch {
                // The store takes no more than a list does, so only a store written by somebody else gets here.
                logger.error("more revoked tokens are stored than a node holds: some are not known here")
                break
            }
        }
        return list
    }
}

extension RevocationList.Entry {
    var isOfUser: Bool { if case .user = target { true } else { false } }
}
