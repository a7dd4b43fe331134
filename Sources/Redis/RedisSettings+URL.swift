// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Settings

extension RedisSettings {
    /// `redis://[[user]:password@]host[:port][/database][?ca=/path/to/ca.pem]`, or `rediss://` for TLS. User, password
    /// and path may be percent-encoded. The error never repeats the URL, since it may hold a password.
    package init(url: String) throws(RedisError) {
        var rest = url[...]
        let tls: Bool
        if rest.hasPrefix("redis://") {
            tls = false
            rest = rest.dropFirst("redis://".count)
        } else if rest.hasPrefix("rediss://") {
            tls = true
            rest = rest.dropFirst("rediss://".count)
        } else {
            throw .refused("the URL must begin with redis:// or rediss://")
        }
        self.init(tls: tls)
        if let mark = rest.firstIndex(of: "?") {
            let query = rest[rest.index(after: mark)...]
            guard tls, query.hasPrefix("ca="), !query.contains("&") else {
                throw .refused("the only query a Redis URL may have is ?ca=/path/to/ca.pem, with rediss://")
            }
            certificateAuthority = try Self.decoded(query.dropFirst("ca=".count))
            rest = rest[..<mark]
        }
        if let at = rest.lastIndex(of: "@") {
            try takeCredentials(rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        if let slash = rest.firstIndex(of: "/") {
            let number = rest[rest.index(after: slash)...]
            if !number.isEmpty {
                guard let database = Int(number), (0...1_000_000).contains(database) else {
                    throw .refused("the path of a Redis URL is a database number, such as /0")
                }
                self.database = database
            }
            rest = rest[..<slash]
        }
        try takeAddress(rest)
    }

    private mutating func takeCredentials(_ text: Substring) throws(RedisError) {
        guard let colon = text.firstIndex(of: ":") else {
            throw .refused("write credentials as user:password@ or :password@")
        }
        let user = try Self.decoded(text[..<colon])
        username = user.isEmpty ? nil : user
        let secret = try Self.decoded(text[text.index(after: colon)...])
        guard !secret.isEmpty else { throw .refused("the password before @ is empty") }
        password = Secret(secret)
    }

    private mutating func takeAddress(_ text: Substring) throws(RedisError) {
        var portText: Substring?
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { throw .refused("the IPv6 address lacks its ]") }
            host = String(text[text.index(after: text.startIndex)..<end])
            let after = text[text.index(after: end)...]
            guard after.isEmpty || after.hasPrefix(":") else { throw .refused("after the host comes :port or nothing") }
            portText = after.isEmpty ? nil : after.dropFirst()
        } else if let colon = text.firstIndex(of: ":") {
            host = String(text[..<colon])
            portText = text[text.index(after: colon)...]
        } else {
            host = String(text)
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw .refused("the host is missing or has characters no host has")
        }
        if let portText {
            guard let port = Int(portText), (1...65_535).contains(port) else {
                throw .refused("the port is a number from 1 to 65535")
            }
            self.port = port
        }
    }

    private static func decoded(_ text: Substring) throws(RedisError) -> String {
        var bytes: [UInt8] = []
        var iterator = text.utf8.makeIterator()
        while let byte = iterator.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = iterator.next().flatMap(hexValue), let low = iterator.next().flatMap(hexValue) else {
                throw .refused("a % in a Redis URL is followed by two hexadecimal digits; write %25 for a percent sign")
            }
            bytes.append(high << 4 | low)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else { throw .refused("the URL is not UTF-8") }
        return decoded
    }

    private static func hexValue(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension RedisError {
    fileprivate static func refused(_ detail: String) -> RedisError { RedisError(.invalid, detail) }
}
