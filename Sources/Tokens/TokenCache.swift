// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Verdicts of tokens seen before, for one event loop: a hit costs one hash of the token.
///
/// An entry lives until the token's end, but at most 60 s, and not across a change of keys; both are checked on every hit.
/// When something was revoked since (another `epoch`), the caller is asked about the token once more, and only then.
/// Refusals are never kept. Two halves take turns: when the young one is full the old one is forgotten, so that the cache
/// never holds more than its capacity and never stops to sort it.
package struct TokenCache {
    /// Seconds a verdict is believed.
    package static let lifetime: Int64 = 60

    private struct Entry {
        let token: VerifiedToken
        let storedAt: Int64
        var epoch: UInt64
    }

    private let half: Int
    private var young: [String: Entry] = [:]
    private var old: [String: Entry] = [:]

    /// - Parameter capacity: of this loop. A node's budget is 10,000: divide it by the number of loops.
    package init(capacity: Int = 10_000) {
        self.half = max(1, capacity / 2)
    }

    package var count: Int { self.young.count + self.old.count }

    /// - Parameters:
    ///   - now: Unix seconds.
    ///   - epoch: of the revocations; read before this call, so that a later one is noticed by the next.
    ///   - isRevoked: asked only for an entry of another epoch.
    package mutating func lookup(
        _ token: String,
        now: Int64,
        generation: UInt64,
        epoch: UInt64 = 0,
        isRevoked: (VerifiedToken) -> Bool = { _ in false }
    ) -> VerifiedToken? {
        if let entry = self.young[token] {
            guard Self.isGood(entry, now: now, generation: generation) else {
                self.young[token] = nil
                return nil
            }
            if entry.epoch == epoch { return entry.token }
            guard !isRevoked(entry.token) else {
                self.young[token] = nil
                return nil
            }
            self.young[token]?.epoch = epoch
            return entry.token
        }
        guard var entry = self.old.removeValue(forKey: token) else { return nil }
        guard Self.isGood(entry, now: now, generation: generation), entry.epoch == epoch || !isRevoked(entry.token)
        else { return nil }
        entry.epoch = epoch
        self.insert(entry, for: token)
        return entry.token
    }

    /// - Parameter epoch: of the revocations, read before the token was verified.
    package mutating func store(_ token: String, _ verified: VerifiedToken, now: Int64, epoch: UInt64 = 0) {
        guard token.utf8.count <= CompactJWS.maximumLength else { return }
        self.old[token] = nil
        self.insert(Entry(token: verified, storedAt: now, epoch: epoch), for: token)
    }

    private mutating func insert(_ entry: Entry, for token: String) {
        if self.young.count >= self.half, self.young[token] == nil {
            self.old = self.young
            self.young = [:]
        }
        self.young[token] = entry
    }

    /// A clock that went backwards voids the entry: `nbf` and `iat` were judged by a later one.
    private static func isGood(_ entry: Entry, now: Int64, generation: UInt64) -> Bool {
        entry.token.generation == generation && now < entry.token.refusedFrom
            && now >= entry.storedAt && now < entry.storedAt + self.lifetime
    }
}
