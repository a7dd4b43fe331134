// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Foundation

/// The sessions one event loop has seen lately, so that a request costs neither a store nor a cipher. Loop-bound; keyed by
/// the sid itself, so that a hit needs no hash either.
///
/// Stale by at most 5 s, and less whenever an event arrives. While the store is out of reach, what was valid goes on for
/// at most 60 s after it was last read, never past the end of its access token.
package struct SessionCache {
    package static let freshness: TimeInterval = 5
    package static let outageFreshness: TimeInterval = 60

    private struct Entry {
        var session: ActiveSession
        var readAt: Date
    }

    private let capacity: Int
    private var entries: [SessionID: Entry] = [:]
    private var sids: [SessionKey: SessionID] = [:]
    private var sweptAt = Date.distantPast

    package init(capacity: Int = 10_000) {
        self.capacity = max(1, capacity)
    }

    package var count: Int { entries.count }

    package func lookup(_ sid: SessionID, now: Date) -> ActiveSession? {
        entry(sid, now: now, within: Self.freshness)
    }

    /// By the cookie's value.
    package func lookup(_ sidText: String, now: Date) -> ActiveSession? {
        SessionID(sidText).flatMap { lookup($0, now: now) }
    }

    /// Only for a request whose `resolve` has just thrown `SessionError.storeUnavailable`.
    package func lookupDuringOutage(_ sid: SessionID, now: Date) -> ActiveSession? {
        entry(sid, now: now, within: Self.outageFreshness)
    }

    /// - Parameter now: when the session was read from the store, not when it is put here.
    package mutating func insert(_ session: ActiveSession, for sid: SessionID, now: Date) {
        if now.timeIntervalSince(sweptAt) >= Self.outageFreshness || entries.count >= capacity { sweep(now: now) }
        if entries.count >= capacity, entries[sid] == nil, let victim = entries.first { remove(victim.key) }
        entries[sid] = Entry(session: session, readAt: now)
        sids[session.key] = sid
    }

    /// On every `SessionEvent`: what changed is read again.
    package mutating func drop(_ key: SessionKey) {
        if let sid = sids[key] { remove(sid) }
    }

    package mutating func drop(_ sid: SessionID) {
        remove(sid)
    }

    package mutating func removeAll() {
        entries.removeAll()
        sids.removeAll()
    }

    private func entry(_ sid: SessionID, now: Date, within age: TimeInterval) -> ActiveSession? {
        guard let entry = entries[sid] else { return nil }
        let session = entry.session
        // A clock set back must not make an entry immortal: the age is taken in both directions.
        guard abs(now.timeIntervalSince(entry.readAt)) <= age, now < session.accessEnd, now < session.end else {
            return nil
        }
        return session
    }

    /// At most once a second when full: a pass over everything per insertion would be quadratic.
    private mutating func sweep(now: Date) {
        guard abs(now.timeIntervalSince(sweptAt)) >= 1 else { return }
        sweptAt = now
        for (sid, entry) in entries where abs(now.timeIntervalSince(entry.readAt)) > Self.outageFreshness {
            remove(sid)
        }
    }

    private mutating func remove(_ sid: SessionID) {
        guard let entry = entries.removeValue(forKey: sid) else { return }
        sids[entry.session.key] = nil
    }
}
