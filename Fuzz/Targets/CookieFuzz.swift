// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Sessions

extension FuzzTarget {
    static let cookies = FuzzTarget(name: "cookies") { (bytes) throws(Broken) in try CookieFuzz.check(bytes) }
}

/// `Cookie` values: ours is found or refused, never passed on, and the others are left as they came.
enum CookieFuzz {
    static func check(_ bytes: [UInt8]) throws(FuzzTarget.Broken) {
        let text = String(decoding: bytes, as: UTF8.self)
        let ours = self.names(in: text).filter { $0 == SessionCookies.sid }.count
        switch Result(catching: { () throws(SessionCookies.Ambiguous) in try SessionCookies.find(in: [bytes[...]]) }) {
        case .success(let sid?):
            try FuzzTarget.require(ours == 1, "\(ours) session cookies, and one was believed")
            try FuzzTarget.require(SessionID(sid.text) == sid, "a sid that does not read back")
            try FuzzTarget.require(text.contains(sid.text), "a sid in another spelling")
        case .success(nil):
            try FuzzTarget.require(ours <= 1, "\(ours) session cookies, and nobody minded")
        case .failure:
            try FuzzTarget.require(ours > 1, "refused as two, but there are \(ours)")
        }

        var rest: [UInt8] = []
        SessionCookies.cut(from: bytes[...], into: &rest)
        let left = self.names(in: String(decoding: rest, as: UTF8.self))
        try FuzzTarget.require(
            !left.contains(SessionCookies.sid) && !left.contains(SessionCookies.until),
            "one of ours is left"
        )
        var again: [UInt8] = []
        SessionCookies.cut(from: rest[...], into: &again)
        try FuzzTarget.require(again == rest, "cutting twice cuts more")
        let others = self.pairs(in: bytes).filter { !self.isOurs($0) }
        try FuzzTarget.require(
            self.pairs(in: rest).filter { !$0.isEmpty } == others.filter { !$0.isEmpty },
            "another cookie was changed"
        )
    }

    /// The same question asked the slow way (RFC 6265 §5.2: blanks around a name do not count).
    static func names(in text: String) -> [String] {
        text.utf8.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map { pair in
            let name = pair.prefix { $0 != UInt8(ascii: "=") }
            return String(decoding: self.trimmed(Array(name)), as: UTF8.self)
        }
    }

    private static func pairs(in bytes: [UInt8]) -> [[UInt8]] {
        bytes.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map { self.trimmed(Array($0)) }
    }

    private static func isOurs(_ pair: [UInt8]) -> Bool {
        let name = self.trimmed(Array(pair.prefix { $0 != UInt8(ascii: "=") }))
        return name == Array(SessionCookies.sid.utf8) || name == Array(SessionCookies.until.utf8)
    }

    private static func trimmed(_ bytes: [UInt8]) -> [UInt8] {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        return Array(bytes.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }
}
