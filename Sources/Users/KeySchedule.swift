// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Tokens

/// Decides which signing key signs, which are published, and when there must be another. Pure; Unix seconds.
///
///     made ──published for `lead`──► signs ──the next one signs──► published for `overlap` ──► dropped
///
/// A verifier that honours our `Cache-Control` therefore knows every key before the first token it signed, and keeps it until
/// the last one has expired.
struct KeySchedule: Sendable, Equatable {
    struct Key: Sendable, Equatable {
        let kid: String
        let algorithm: SigningKey.Algorithm
        let createdAt: Int64
        let signsFrom: Int64
    }

    struct Plan: Sendable, Equatable {
        /// `nil` only where there is no key at all.
        var signing: String?
        /// In the order of their lives.
        var published: [String] = []
        /// Past their overlap.
        var dropped: [String] = []
        /// A key is due; it signs from then on.
        var create: Int64?
    }

    /// A new key is published this long before it signs: several times the life of a cached key set.
    static let lead: Int64 = 3600
    /// An old key stays this long after its successor has begun: longer than any access token lives.
    static let overlap: Int64 = 3600

    /// How long a key signs before its successor follows; 0: only on command.
    var interval: Int64
    /// Of the keys to come. Where the signing key has another one, its successor is due at once.
    var algorithm: SigningKey.Algorithm

    func plan(_ keys: [Key], now: Int64) -> Plan {
        let keys = keys.sorted { ($0.signsFrom, $0.createdAt, $0.kid) < ($1.signsFrom, $1.createdAt, $1.kid) }
        guard let first = keys.first else { return Plan(create: now) }
        let signing = keys.last { $0.signsFrom <= now } ?? first
        var plan = Plan(signing: signing.kid)
        for (index, key) in keys.enumerated() {
            let successor = keys.dropFirst(index + 1).first
            if let successor, successor.signsFrom + Self.overlap <= now {
                plan.dropped.append(key.kid)
            } else {
                plan.published.append(key.kid)
            }
        }
        let hasSuccessor = keys.contains { $0.signsFrom > now && $0.kid != signing.kid }
        if !hasSuccessor { plan.create = self.nextStart(after: signing, now: now) }
        return plan
    }

    private func nextStart(after signing: Key, now: Int64) -> Int64? {
        if signing.algorithm != self.algorithm { return now + Self.lead }
        guard self.interval > 0 else { return nil }
        let due = signing.signsFrom + self.interval
        return now >= due - Self.lead ? max(due, now + Self.lead) : nil
    }
}
