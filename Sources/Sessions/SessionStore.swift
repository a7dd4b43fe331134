// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Foundation

/// Where sessions live. Two forms, one contract (`SessionStoreContract` in the tests): SQLite for one node, Redis for
/// several. No method looks at the clock to decide whether a session has run out: that is the authority's to judge.
package protocol SessionStore: Sendable {
    /// True where other processes read the same sessions: a key unknown here may then be known there.
    var isShared: Bool { get }

    func create(_ session: SealedSession) async throws(SessionStoreError)
    func load(_ key: SessionKey) async throws(SessionStoreError) -> SealedSession?
    /// By the handle that lists show.
    func find(publicID: String) async throws(SessionStoreError) -> SealedSession?
    /// Oldest first.
    func sessions(of subject: String) async throws(SessionStoreError) -> [SealedSession]
    /// Moves both times forwards, never backwards. Nothing happens to a session that is gone.
    func touch(_ key: SessionKey, seen: Date, idleEnd: Date) async throws(SessionStoreError)
    /// `nil`: another node, or another flight of this one, refreshes.
    func lease(_ key: SessionKey, for duration: Duration) async throws(SessionStoreError) -> RefreshLease?
    /// The guarantee behind every refresh: written only while the generation is the expected one.
    func replaceTokens(
        _ key: SessionKey,
        with new: SealedTokens,
        ifGeneration expected: UInt64
    ) async throws(SessionStoreError) -> Swap
    /// Does nothing for a lease that has run out, whoever holds it now.
    func release(_ lease: RefreshLease) async
    /// Deletes, then publishes. Answers what was deleted, so that its tokens can be revoked.
    func end(_ target: SessionTarget, because reason: EndReason) async throws(SessionStoreError) -> [SealedSession]

    /// From every node, this one included. Each access is one subscription, beginning at once; a reader that falls
    /// 4,096 events behind loses the oldest.
    var events: any AsyncSequence<SessionEvent, Never> & Sendable { get }
    /// One element whenever the channel of events came back after a loss: ends may have been missed meanwhile. For one reader.
    var reconnections: any AsyncSequence<Void, Never> & Sendable { get }
    /// Sweeps and listens until cancelled. Events of other nodes need it.
    func run() async throws
}

extension SessionStore {
    /// Events that never leave the process are not lost.
    package var reconnections: any AsyncSequence<Void, Never> & Sendable { AsyncStream<Void> { $0.finish() } }
}

package enum SessionTarget: Sendable, Hashable {
    case session(SessionKey)
    /// All of a user, but one if given.
    case user(String, except: SessionKey?)
}

/// The answer of a compare-and-set.
package enum Swap: Sendable, Hashable {
    case written
    /// Someone was faster; this is the session now.
    case moved(SealedSession)
    case gone
}

package struct RefreshLease: Sendable, Hashable {
    package let key: SessionKey
    package let nonce: String

    package init(key: SessionKey, nonce: String) {
        self.key = key
        self.nonce = nonce
    }
}

/// The store did not do it, or may not have. `detail` is for the log.
package struct SessionStoreError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// Unreachable, locked, full.
        case unavailable
        /// A record that cannot be read.
        case damaged
        /// It takes no more of this kind.
        case full
    }

    package let code: Code
    package let detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    package var description: String { "\(code.rawValue): \(detail)" }
}
