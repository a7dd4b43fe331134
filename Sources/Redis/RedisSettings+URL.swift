// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Settings

extension RedisSettings {
    private enum Scheme: String, CaseIterable {
        case redis, rediss, unix
        case sentinel = "redis+sentinel"
        case sentinelTLS = "rediss+sentinel"
    }

    /// One of, with user, password, path and query values percent-encoded where need be:
    ///
    ///     redis://[[user]:password@]host[:port][/database]
    ///     rediss://…[?ca=/path/to/ca.pem]                                    over TLS
    ///     unix://[[user]:password@]/path/to/socket[?db=database]
    ///     redis+sentinel://[[user]:password@]host[:port],…/master[/database][?sentinelPassword=…]
    ///     rediss+sentinel://…                                                over TLS, to the Sentinels too
    ///
    /// The error never repeats the URL, since it may hold a password.
    package init(url: String) throws(RedisError) {
        guard let mark = url.firstRange(of: "://"), let scheme = Scheme(rawValue: String(url[..<mark.lowerBound]))
        else {
            let known = Scheme.allCases.map { "\($0.rawValue)://" }.joined(separator: ", ")
            throw .refused("the URL must begin with one of \(known)")
        }
        self.init(tls: scheme == .rediss || scheme == .sentinelTLS)
        var rest = url[mark.upperBound...]
        var query: [(name: Substring, value: String)] = []
        if let mark = rest.firstIndex(of: "?") {
            query = try Self.query(rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        }
        if let at = rest.lastIndex(of: "@") {
            try takeCredentials(rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        switch scheme {
        case .redis, .rediss:
            let parts = Self.cut(rest)
            if let number = parts.path { database = try Self.database(number) }
            (host, port) = try Self.hostAndPort(parts.authority, port: 6379)
        case .unix:
            socket = try Self.decoded(rest)
            guard socket?.hasPrefix("/") == true else {
                throw .refused("unix:// is followed by the path of the socket")
            }
        case .sentinel, .sentinelTLS:
            sentinels = try takeSentinels(rest)
        }
        for item in query { try take(item.name, item.value, scheme) }
    }

    private mutating func take(_ name: Substring, _ value: String, _ scheme: Scheme) throws(RedisError) {
        switch (name, scheme) {
        case ("ca", .rediss), ("ca", .sentinelTLS): certificateAuthority = value
        case ("db", .unix): database = try Self.database(value[...])
        case ("sentinelPassword", .sentinel), ("sentinelPassword", .sentinelTLS): sentinels?.password = Secret(value)
        default:
            throw .refused(
                "the query may have ca=/path/to/ca.pem with rediss, db=0 with unix, sentinelPassword= with sentinels"
            )
        }
    }

    private static func query(_ text: Substring) throws(RedisError) -> [(name: Substring, value: String)] {
        var items: [(name: Substring, value: String)] = []
        for item in text.split(separator: "&") {
            guard let equals = item.firstIndex(of: "=") else { throw .refused("a query is name=value") }
            let value = try decoded(item[item.index(after: equals)...])
            guard !value.isEmpty else { throw .refused("a value of the query is empty") }
            items.append((item[..<equals], value))
        }
        return items
    }

    /// What stands before the first slash and, unless it is empty, after it.
    private static func cut(_ text: Substring) -> (authority: Substring, path: Substring?) {
        guard let slash = text.firstIndex(of: "/") else { return (text, nil) }
        let path = text[text.index(after: slash)...]
        return (text[..<slash], path.isEmpty ? nil : path)
    }

    private static func database(_ text: Substring) throws(RedisError) -> Int {
        guard let database = Int(text), (0...1_000_000).contains(database) else {
            throw .refused("the database is a number, such as /0")
        }
        return database
    }

    private mutating func takeSentinels(_ text: Substring) throws(RedisError) -> RedisSentinels {
        let (list, path) = Self.cut(text)
        guard let path else { throw .refused("after the Sentinels comes the master's name: /mymaster") }
        let (name, number) = Self.cut(path)
        if let number { database = try Self.database(number) }
        var addresses: [RedisAddress] = []
        for part in list.split(separator: ",", omittingEmptySubsequences: false) {
            let (host, port) = try Self.hostAndPort(part, port: 26_379)
            addresses.append(.tcp(host: host, port: port))
        }
        return RedisSentinels(addresses: addresses, master: try Self.decoded(name))
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

    private static func hostAndPort(_ text: Substring, port usual: Int) throws(RedisError) -> (String, Int) {
        var portText: Substring?
        let host: String
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
        guard let portText else { return (host, usual) }
        guard let port = Int(portText), (1...65_535).contains(port) else {
            throw .refused("the port is a number from 1 to 65535")
        }
        return (host, port)
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
