// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Decides what a presented refresh token is worth. Pure.
///
///     fresh ──used──► spent ──again within 30 s──► the same successor
///                       └────again later─────────► the family ends: somebody else holds a copy
enum RefreshTokenFamily {
    /// Seconds in which a spent token still answers with its successor: an answer can get lost on the way, with the node that
    /// waited for it. Another one takes over when that node's lease has run out (12 s) and may need two calls of 5 s.
    static let replayGrace: Int64 = 30

    /// What the database knows of a token. Unix seconds.
    struct Record: Sendable, Equatable {
        var expiresAt: Int64
        var familyExpiresAt: Int64
        var familyEndedAt: Int64?
        var usedAt: Int64?
        var successorSalt: [UInt8]?
    }

    enum Verdict: Sendable, Equatable {
        case rotate
        case replay(salt: [UInt8])
        /// End the family, then refuse.
        case reuse
        case refuse
    }

    static func judge(_ record: Record, now: Int64) -> Verdict {
        guard record.familyEndedAt == nil, now < record.familyExpiresAt else { return .refuse }
        if let usedAt = record.usedAt {
            guard let salt = record.successorSalt, now - usedAt <= Self.replayGrace else { return .reuse }
            return .replay(salt: salt)
        }
        return now < record.expiresAt ? .rotate : .refuse
    }
}
