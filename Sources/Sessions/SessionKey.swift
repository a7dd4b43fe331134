// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Crypto
internal import Tokens

/// The SHA-256 of a sid's 43 characters: what stores and caches know a session by. It opens nothing.
package struct SessionKey: Sendable, Hashable, CustomStringConvertible {
    private let word: Word256

    package init(_ sid: SessionID) {
        // A SHA-256 digest has 32 bytes, always.
        self.word = Word256(Array(SHA256.hash(data: Array(sid.text.utf8))))!
    }

    /// `nil` unless there are 32 bytes.
    package init?(bytes: some Collection<UInt8>) {
        guard let word = Word256(bytes) else { return nil }
        self.word = word
    }

    /// From `text`.
    package init?(_ text: some StringProtocol) {
        guard let bytes = Base64URL.decode(Array(text.utf8)) else { return nil }
        self.init(bytes: bytes)
    }

    package var bytes: [UInt8] { word.bytes }
    /// 43 base64url characters, for store keys and messages between nodes.
    package var text: String { Base64URL.encode(word.bytes) }
    /// The first 8 characters: enough to follow one session through a log.
    package var description: String { String(text.prefix(8)) }
}
