// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
internal import Upstreams

/// Redirects of an upstream that speaks of itself, put into the browser's terms (proxy.md §6): an authority of the
/// upstream's, or a loopback or wildcard host with its port (next.js#79182), becomes the request's public origin, and the
/// route's prefix is put back. So is plain http to our own authority. Relative and foreign locations stay.
struct LocationRewriter: Sendable {
    /// Lower case, `host:port`, and `host` alone for the ports a scheme implies.
    private let authorities: [[UInt8]]
    /// What a path of the upstream's begins with, and what it begins with for browsers.
    private let inner: [UInt8]
    private let outer: [UInt8]

    private static let wildcards = ["localhost", "127.0.0.1", "[::1]", "0.0.0.0", "[::]"]

    init(route: RouteSettings, endpoints: [String]) {
        var authorities: [String] = []
        for endpoint in endpoints {
            let text = endpoint.lowercased()
            guard let colon = text.lastIndex(of: ":") else { continue }
            let port = text[text.index(after: colon)...]
            for host in [String(text[..<colon])] + Self.wildcards {
                authorities.append("\(host):\(port)")
                if port == "80" || port == "443" { authorities.append(host) }
            }
        }
        self.authorities = authorities.map { Array($0.utf8) }
        let prefix = Array(route.prefix.utf8)
        switch route.rewrite {
        case .none: (self.inner, self.outer) = ([], [])
        case .strip: (self.inner, self.outer) = ([], Self.withoutSlash(prefix))
        case .replace(let path):
            (self.inner, self.outer) = (Self.withoutSlash(Array(path.utf8)), Self.withoutSlash(prefix))
        }
    }

    /// `nil`: the value stays. `host` is the request's public authority.
    func rewrite(_ value: ArraySlice<UInt8>, host: ArraySlice<UInt8>) -> [UInt8]? {
        guard let (isPlain, start) = Self.authorityStart(of: value) else { return nil }
        let afterScheme = value[start...]
        let end = afterScheme.firstIndex {
            $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#")
        }
        let authority = afterScheme[..<(end ?? afterScheme.endIndex)]
        let rest = afterScheme[authority.endIndex...]
        if self.authorities.contains(where: { Self.equal(authority, $0) }) {
            return Array("https://".utf8) + host + self.outerPath(rest)
        }
        guard isPlain, authority.elementsEqual(host) else { return nil }
        return Array("https://".utf8) + host + rest
    }

    /// An upstream that knows of its prefix has put it there already.
    private func outerPath(_ rest: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard !self.outer.isEmpty || !self.inner.isEmpty, !Self.isUnder(self.outer, rest) || self.outer.isEmpty else {
            return rest
        }
        guard Self.isUnder(self.inner, rest) else { return rest }
        return (self.outer + rest.dropFirst(self.inner.count))[...]
    }

    /// Whether the path is the prefix, or below it.
    private static func isUnder(_ prefix: [UInt8], _ path: ArraySlice<UInt8>) -> Bool {
        guard path.starts(with: prefix) else { return false }
        guard let next = path.dropFirst(prefix.count).first else { return true }
        return next == UInt8(ascii: "/") || next == UInt8(ascii: "?") || next == UInt8(ascii: "#")
    }

    /// Behind `http://`, `https://` or `//`.
    private static func authorityStart(of value: ArraySlice<UInt8>) -> (isPlain: Bool, Int)? {
        for (scheme, isPlain) in [("http://", true), ("https://", false), ("//", false)]
        where value.count > scheme.utf8.count && Self.equal(value.prefix(scheme.utf8.count), Array(scheme.utf8)) {
            return (isPlain, value.startIndex + scheme.utf8.count)
        }
        return nil
    }

    private static func equal(_ left: ArraySlice<UInt8>, _ lowercased: [UInt8]) -> Bool {
        left.count == lowercased.count
            && zip(left, lowercased).allSatisfy { $1 == ($0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0) }
    }

    private static func withoutSlash(_ path: [UInt8]) -> [UInt8] {
        path.last == UInt8(ascii: "/") ? path.dropLast() : path
    }
}
