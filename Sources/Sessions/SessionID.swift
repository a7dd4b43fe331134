// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Tokens

/// What the browser holds: 256 random bits, written as 43 base64url characters. It is a credential: it is never stored,
/// never logged, and prints as dots.
package struct SessionID: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package static let length = 43

    private let word: Word256

    /// `nil` for anything but 43 characters of base64url with zero trailing bits: such a cookie counts as absent.
    package init?(_ text: some Collection<UInt8>) {
        guard text.count == Self.length, let bytes = Base64URL.decode(text), let word = Word256(bytes) else {
            return nil
        }
        self.word = word
    }

    package init?(_ text: String) {
        self.init(text.utf8)
    }

    private init(word: Word256) {
        self.word = word
    }

    /// From the system's generator.
    package static func random() -> SessionID {
        var generator = SystemRandomNumberGenerator()
        return SessionID(word: .random(using: &generator))
    }

    /// The cookie's value.
    package var text: String { Base64URL.encode(word.bytes) }

    package var description: String { "•••" }
    package var debugDescription: String { "•••" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
