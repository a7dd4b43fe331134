// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Text that no log, error or debugger view shows by accident.
package struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// UTF-8. Kept out of every description; not wiped, since Swift copies arrays as it likes.
    package let bytes: [UInt8]

    package init(_ text: String) { bytes = Array(text.utf8) }
    package init(bytes: [UInt8]) { self.bytes = bytes }

    package var text: String { String(decoding: bytes, as: UTF8.self) }
    package var isEmpty: Bool { bytes.isEmpty }

    package var description: String { "•••" }
    package var debugDescription: String { "•••" }
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// Compares in time that depends on the length of `other` alone.
    package func matches(_ other: some Collection<UInt8>) -> Bool {
        guard !bytes.isEmpty else { return false }
        var difference: UInt8 = other.count == bytes.count ? 0 : 1
        for (index, byte) in other.enumerated() { difference |= byte ^ bytes[index % bytes.count] }
        return difference == 0
    }

    /// A text that example files are full of. Outside development a process must not start with one.
    package var isPlaceholder: Bool {
        let text = text.lowercased()
        return [
            "changeme", "change-me", "change_me", "change me", "placeholder", "your-secret", "your_secret", "insecure",
        ]
        .contains { text.contains($0) } || ["secret", "password", "token", "example", "test"].contains(text)
    }
}

extension Secret: Equatable {
    package static func == (a: Secret, b: Secret) -> Bool {
        a.bytes.isEmpty ? b.bytes.isEmpty : a.matches(b.bytes)
    }
}
