// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// `host [":" port]` (RFC 9110 §7.2), narrower than the grammar: a name of letters, digits, `-`, `.` and `_`, or an
/// IPv6 literal in brackets, then at most a port from 1 to 65535. No userinfo, path, list, escape, zone or empty port.
enum Authority {
    static func isWellFormed(_ text: ArraySlice<UInt8>) -> Bool {
        guard let first = text.first, text.count <= 255 + 6 else { return false }
        if first == UInt8(ascii: "[") {
            guard let close = text.firstIndex(of: UInt8(ascii: "]")) else { return false }
            return Self.isIPv6(text[(text.startIndex + 1)..<close]) && Self.isPort(text[(close + 1)...])
        }
        let end = text.firstIndex(of: UInt8(ascii: ":")) ?? text.endIndex
        let name = text[..<end]
        return !name.isEmpty && name.count <= 255 && name.allSatisfy(Self.isNameByte) && Self.isPort(text[end...])
    }

    private static func isNameByte(_ byte: UInt8) -> Bool { byte.isUnreserved && byte != UInt8(ascii: "~") }

    /// Empty, or a colon and the port.
    private static func isPort(_ text: ArraySlice<UInt8>) -> Bool {
        guard let colon = text.first else { return true }
        let digits = text.dropFirst()
        guard colon == UInt8(ascii: ":"), (1...5).contains(digits.count), digits.allSatisfy(\.isDigit) else {
            return false
        }
        return (1...65535).contains(digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) })
    }

    /// RFC 4291 §2.2: eight groups of 1–4 hex digits, one run of them written `::`, the last two possibly as IPv4.
    private static func isIPv6(_ text: ArraySlice<UInt8>) -> Bool {
        var groups = 0
        var compressed = false
        var rest = text
        if rest.starts(with: ("::" as StaticString).octets) {
            compressed = true
            rest = rest.dropFirst(2)
        }
        while !rest.isEmpty {
            let group = rest.prefix { $0 != UInt8(ascii: ":") }
            if group.contains(UInt8(ascii: ".")) {
                guard group.endIndex == rest.endIndex, Self.isIPv4(group) else { return false }
                groups += 2
                break
            }
            guard (1...4).contains(group.count), group.allSatisfy({ $0.hexDigit != nil }) else { return false }
            groups += 1
            rest = rest[group.endIndex...]
            guard !rest.isEmpty else { break }
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: ":") {
                guard !compressed else { return false }
                compressed = true
                rest = rest.dropFirst()
            } else if rest.isEmpty {
                return false
            }
        }
        return compressed ? groups <= 7 : groups == 8
    }

    private static func isIPv4(_ text: ArraySlice<UInt8>) -> Bool {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.count) && part.allSatisfy(\.isDigit)
                    && part.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) } <= 255
            }
    }
}
