// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Foundation

/// The two cookies of login.md §1: how they are found, set, cleared, and cut out of what upstreams receive.
package enum SessionCookies {
    package static let sid = "__Host-Http-sid"
    package static let until = "__Host-session-until"

    /// Two sid cookies in one request: 400 `ambiguous-credentials`.
    package struct Ambiguous: Error, Sendable, Hashable {}

    package enum SameSite: String, Sendable, CaseIterable { case lax, strict }

    /// The sid of a request. One that is malformed counts as absent; two are refused, malformed or not.
    /// - Parameter values: each `Cookie` field's value; HTTP/2 may split them (RFC 9113 §8.2.3).
    package static func find(in values: some Sequence<ArraySlice<UInt8>>) throws(Ambiguous) -> SessionID? {
        var found: ArraySlice<UInt8>?
        for value in values {
            for pair in Pairs(value) {
                guard let content = Self.value(of: Self.sidName, in: pair) else { continue }
                guard found == nil else { throw Ambiguous() }
                found = content
            }
        }
        return found.flatMap { SessionID($0) }
    }

    /// The two `Set-Cookie` values of a login; the sid's is at most 160 bytes long.
    package static func set(
        _ sid: SessionID,
        until end: Date,
        now: Date,
        sameSite: SameSite = .lax
    ) -> [String] {
        let seconds = max(0, Int64(end.timeIntervalSince(now).rounded(.up)))
        let until = Int64(end.timeIntervalSince1970.rounded(.up))
        return lines(sid: sid.text, until: String(until), maxAge: seconds, sameSite)
    }

    package static func clear(sameSite: SameSite = .lax) -> [String] {
        lines(sid: "", until: "", maxAge: 0, sameSite)
    }

    private static func lines(sid: String, until: String, maxAge: Int64, _ sameSite: SameSite) -> [String] {
        let site = sameSite == .lax ? "Lax" : "Strict"
        return [
            "\(Self.sid)=\(sid); Path=/; Secure; HttpOnly; SameSite=\(site); Max-Age=\(maxAge)",
            "\(Self.until)=\(until); Path=/; Secure; SameSite=\(site); Max-Age=\(maxAge)",
        ]
    }

    /// Appends a `Cookie` value to `output` without our two cookies, every other byte as it came. Appends nothing when
    /// nothing is left: the field is then to be left out.
    package static func cut(from cookie: ArraySlice<UInt8>, into output: inout [UInt8]) {
        var isFirst = true
        for pair in Pairs(cookie) {
            if Self.value(of: Self.sidName, in: pair) != nil || Self.value(of: Self.untilName, in: pair) != nil {
                continue
            }
            if isFirst {
                let content = pair.drop { Self.isBlank($0) }
                if content.isEmpty { continue }
                output.append(contentsOf: content)
                isFirst = false
            } else {
                output.append(UInt8(ascii: ";"))
                output.append(contentsOf: pair)
            }
        }
    }

    private static let sidName = Array(sid.utf8)
    private static let untilName = Array(until.utf8)

    /// The pieces between the `;`s, empty ones included. No array of them is made: this runs twice for every request
    /// with a cookie.
    private struct Pairs: Sequence, IteratorProtocol {
        /// Nil behind the last piece.
        private var rest: ArraySlice<UInt8>?

        init(_ cookie: ArraySlice<UInt8>) { self.rest = cookie }

        mutating func next() -> ArraySlice<UInt8>? {
            guard let rest else { return nil }
            guard let end = rest.firstIndex(of: UInt8(ascii: ";")) else {
                self.rest = nil
                return rest
            }
            self.rest = rest[(end + 1)...]
            return rest[..<end]
        }
    }

    /// The pair's value if it has that name. Blanks around name and value do not count (RFC 6265 §5.2).
    private static func value(of name: [UInt8], in pair: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let trimmed = trim(pair)
        guard trimmed.starts(with: name) else { return nil }
        let rest = trimmed.dropFirst(name.count).drop { isBlank($0) }
        if rest.isEmpty { return rest }
        guard rest.first == UInt8(ascii: "=") else { return nil }
        return trim(rest.dropFirst())
    }

    private static func trim(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var slice = bytes.drop { isBlank($0) }
        while let last = slice.last, isBlank(last) { slice.removeLast() }
        return slice
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }
}
