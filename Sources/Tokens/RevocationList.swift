// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Tokens refused before their end: one by its `jti`, or all that were issued to a user up to a moment. A value.
///
/// Bounded: an entry is kept until no token it could meet would pass anyway. A full list takes nothing more and says so: to
/// forget one would let it in again.
package struct RevocationList: Sendable {
    package static let defaultCapacity = 100_000

    package struct Entry: Sendable, Hashable {
        package enum Target: Sendable, Hashable {
            /// By `jti`.
            case token(String)
            /// Every token of this subject issued in this second or before; one that does not say when, too. Unix seconds.
            case user(String, issuedUntil: Int64)
        }

        package var target: Target
        /// `nil`: whoever issued it.
        package var issuer: String?
        /// Unix seconds: from then on nothing it could meet is valid.
        package var until: Int64

        package init(_ target: Target, issuer: String? = nil, until: Int64) {
            self.target = target
            self.issuer = issuer
            self.until = until
        }
    }

    package struct Full: Error, Sendable, Hashable {}

    private struct Key: Hashable {
        var issuer: String?
        var name: String
    }

    private let capacity: Int
    /// `jti` → until.
    private var tokens: [Key: Int64] = [:]
    private var users: [Key: (issuedUntil: Int64, until: Int64)] = [:]

    package init(capacity: Int = Self.defaultCapacity) {
        self.capacity = max(1, capacity)
    }

    package var count: Int { self.tokens.count + self.users.count }
    package var isEmpty: Bool { self.tokens.isEmpty && self.users.isEmpty }

    /// An entry for the same target and issuer is widened, never narrowed.
    /// - Parameter now: Unix seconds.
    package mutating func insert(_ entry: Entry, now: Int64) throws(Full) {
        guard entry.until > now else { return }
        if self.count >= self.capacity { self.sweep(now: now) }
        switch entry.target {
        case .token(let id):
            let key = Key(issuer: entry.issuer, name: id)
            guard self.count < self.capacity || self.tokens[key] != nil else { throw Full() }
            self.tokens[key] = max(self.tokens[key] ?? 0, entry.until)
        case .user(let name, let issuedUntil):
            let key = Key(issuer: entry.issuer, name: name)
            guard self.count < self.capacity || self.users[key] != nil else { throw Full() }
            let old = self.users[key]
            self.users[key] = (max(old?.issuedUntil ?? 0, issuedUntil), max(old?.until ?? 0, entry.until))
        }
    }

    package mutating func sweep(now: Int64) {
        self.tokens = self.tokens.filter { $0.value > now }
        self.users = self.users.filter { $0.value.until > now }
    }

    package func refuses(_ token: VerifiedToken) -> Bool {
        if let id = token.id, !self.tokens.isEmpty {
            if self.tokens[Key(issuer: nil, name: id)] != nil { return true }
            if let issuer = token.issuer, self.tokens[Key(issuer: issuer, name: id)] != nil { return true }
        }
        guard !self.users.isEmpty else { return false }
        return self.refusesUser(of: token, under: nil)
            || token.issuer.map { self.refusesUser(of: token, under: $0) } ?? false
    }

    private func refusesUser(of token: VerifiedToken, under issuer: String?) -> Bool {
        guard let entry = self.users[Key(issuer: issuer, name: token.subject)] else { return false }
        return token.issuedAt.map { $0 <= entry.issuedUntil } ?? true
    }
}
