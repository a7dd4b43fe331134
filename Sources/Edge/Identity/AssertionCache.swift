// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Sessions

/// The assertions of one loop that may be said again: a signature each half minute instead of each request. Loop-bound.
///
/// Two generations, the older of which is thrown away whole when the newer is full: bounded without a timer or a list.
struct AssertionCache {
    struct Key: Hashable {
        enum Holder: Hashable {
            /// A refresh brings other claims.
            case session(SessionKey, generation: UInt64)
            case token(String)
        }

        let holder: Holder
        let audience: String

        /// `nil` for nobody.
        init?(_ caller: Caller, audience: String) {
            switch caller {
            case .anonymous: return nil
            case .session(let session): self.holder = .session(session.key, generation: session.generation)
            case .bearer(_, let raw): self.holder = .token(raw)
            }
            self.audience = audience
        }
    }

    private struct Entry {
        let assertion: String
        let madeAt: Int64
    }

    private let capacity: Int
    private var young: [Key: Entry] = [:]
    private var old: [Key: Entry] = [:]

    /// - Parameter capacity: of both generations together.
    init(capacity: Int) { self.capacity = max(2, capacity) }

    var count: Int { self.young.count + self.old.count }

    /// - Parameter now: Unix seconds. A clock set back makes nothing younger.
    func lookup(_ key: Key, now: Int64) -> String? {
        guard let entry = self.young[key] ?? self.old[key], (0..<IdentityAssertions.reuse).contains(now - entry.madeAt)
        else { return nil }
        return entry.assertion
    }

    mutating func removeAll() {
        self.young = [:]
        self.old = [:]
    }

    mutating func store(_ key: Key, _ assertion: String, now: Int64) {
        if self.young.count >= self.capacity / 2 {
            self.old = self.young
            self.young = [:]
        }
        self.young[key] = Entry(assertion: assertion, madeAt: now)
    }
}
