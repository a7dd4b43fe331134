// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// The `next` rule of login.md §2: a path of this origin, never a way to another site.
enum NextPath {
    /// `^/(?![/\\])`, printable ASCII without a backslash, at most 2,048 bytes. Nor may it begin with two slashes once its
    /// dot segments are gone (`/.//evil.example`): browsers keep the origin there, but a page's own script that takes the
    /// result apart may not.
    static func isSafe(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.first == UInt8(ascii: "/"), bytes.count <= 2_048 else { return false }
        guard bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }) else { return false }
        return !self.beginsWithTwoSlashes(bytes.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") })
    }

    /// RFC 3986 §5.2.4, as far as the first segment that stays.
    private static func beginsWithTwoSlashes(_ path: ArraySlice<UInt8>) -> Bool {
        var kept: [ArraySlice<UInt8>] = []
        for segment in path.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            switch String(decoding: segment, as: UTF8.self).lowercased().replacing("%2e", with: ".") {
            case ".": continue
            case "..": _ = kept.popLast()
            default: kept.append(segment)
            }
        }
        return kept.count > 1 && kept[0].isEmpty
    }
}
