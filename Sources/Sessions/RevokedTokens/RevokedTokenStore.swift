// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Tokens

/// Where revocations of bearer tokens are kept, so that they outlive a restart and reach every node. Two forms, one
/// contract: SQLite for one node, Redis for several.
package protocol RevokedTokenStore: Sendable {
    /// Whether it was added; `false`: the store holds as much as it takes (`RevocationList.defaultCapacity`).
    /// - Parameter now: Unix seconds; what is over by then makes room.
    func add(_ entry: RevocationList.Entry, now: Int64) async throws(SessionStoreError) -> Bool
    /// Everything that is not over yet.
    func all(now: Int64) async throws(SessionStoreError) -> [RevocationList.Entry]
    /// Moves with every addition, on any node: while it stands still, what `all` said last holds.
    func version() async throws(SessionStoreError) -> Int64
    /// One element whenever another node may have added something. For one reader; ends never.
    var changes: any AsyncSequence<Void, Never> & Sendable { get }
    /// Listens until cancelled.
    func run() async throws
}

extension RevocationList.Entry {
    /// `t <jti> <issuer>` or `u <subject> <issuer> <issued until>`, names in base64url, `-` for any issuer.
    var record: String {
        let issuer = self.issuer.map { Base64URL.encode($0.utf8) } ?? "-"
        return switch self.target {
        case .token(let id): "t \(Base64URL.encode(id.utf8)) \(issuer)"
        case .user(let name, let issuedUntil): "u \(Base64URL.encode(name.utf8)) \(issuer) \(issuedUntil)"
        }
    }

    /// `nil` for anything else: a newer node may say more.
    init?(record: String, until: Int64) {
        let words = record.split(separator: " ")
        guard words.count >= 3, let name = Self.text(words[1]) else { return nil }
        var issuer: String?
        if words[2] != "-" {
            guard let text = Self.text(words[2]) else { return nil }
            issuer = text
        }
        switch (words[0], words.count) {
        case ("t", 3): self.init(.token(name), issuer: issuer, until: until)
        case ("u", 4):
            guard let issuedUntil = Int64(words[3]) else { return nil }
            self.init(.user(name, issuedUntil: issuedUntil), issuer: issuer, until: until)
        default: return nil
        }
    }

    private static func text(_ word: Substring) -> String? {
        Base64URL.decode(word.utf8).flatMap { String(validating: $0, as: UTF8.self) }
    }
}
