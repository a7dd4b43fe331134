// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation

/// When an access token is to be replaced: ahead of its end, so that nobody waits, but not before half of its life, so that
/// short tokens do not make every request a refresh.
struct RefreshTiming {
    enum State: Equatable { case fresh, due, expired }

    /// At least so long before the end …
    static let margin: TimeInterval = 60
    /// … or this part of the token's life, whichever is more.
    static let share = 0.2

    static func judge(obtained: Date, end: Date, now: Date) -> State {
        let remaining = end.timeIntervalSince(now)
        guard remaining > 0 else { return .expired }
        let lifetime = end.timeIntervalSince(obtained)
        let isPastHalf = now.timeIntervalSince(obtained) >= lifetime / 2
        return isPastHalf && remaining < max(margin, share * lifetime) ? .due : .fresh
    }

    static func judge(_ tokens: SealedTokens, now: Date) -> State {
        judge(obtained: tokens.obtained, end: tokens.accessEnd, now: now)
    }
}

/// How often a session's failing refresh is tried: after 1, 2, 4 … 30 s. In between the backend is left alone.
struct RefreshBackoff {
    static let first: TimeInterval = 1
    static let limit: TimeInterval = 30

    private(set) var failures = 0
    private(set) var retryAt: Date

    init(now: Date) {
        self.retryAt = now
    }

    mutating func failed(now: Date) {
        let wait = min(Self.limit, Self.first * Double(UInt64(1) << UInt64(min(failures, 10))))
        failures += 1
        retryAt = now.addingTimeInterval(wait)
    }

    func isOver(now: Date) -> Bool { now >= retryAt }
}
