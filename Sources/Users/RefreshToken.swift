// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Crypto
internal import Foundation
internal import Tokens

/// A refresh token: 256 bits as 43 base64url characters. The database knows its SHA-256 alone.
struct RefreshToken: Sendable, Hashable {
    let text: String

    /// `nil` unless it looks exactly like ours.
    init?(_ text: String) {
        guard text.utf8.count == 43, Base64URL.decode(text.utf8)?.count == 32 else { return nil }
        self.text = text
    }

    private init(bytes: [UInt8]) { self.text = Base64URL.encode(bytes) }

    static func random() -> RefreshToken {
        RefreshToken(bytes: SymmetricKey(size: .bits256).withUnsafeBytes { [UInt8]($0) })
    }

    static func randomSalt() -> [UInt8] {
        SymmetricKey(size: .bits256).withUnsafeBytes { [UInt8]($0) }
    }

    var hash: [UInt8] { [UInt8](SHA256.hash(data: [UInt8](self.text.utf8))) }

    /// The one successor of this token under `salt`. Whoever holds this token and our database's salt can say it again,
    /// which is what lets a replay be answered with the same text although only hashes are stored; neither alone can.
    func successor(salt: [UInt8]) -> RefreshToken {
        let key = SymmetricKey(data: [UInt8](self.text.utf8))
        return RefreshToken(bytes: [UInt8](HMAC<SHA256>.authenticationCode(for: salt, using: key)))
    }
}
