// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
internal import Settings

/// How a route's requests look to its upstream: path, slash, host, and what its paths may hold (proxy.md §4, §6).
extension RouteSettings {
    private enum Exception: String, CaseIterable { case refuse, allow }

    mutating func takeManners(from map: inout SettingsMap) throws(SettingsError) {
        if let slash = map.take("slash") { self.slash = try slash.choice(Slash.self) }
        if let host = map.take("host") { self.host = try host.choice(Host.self) }
        if try map.take("encodedSlash")?.choice(Exception.self) == .allow { self.pathExceptions.insert(.encodedSlash) }
        if try map.take("parameters")?.choice(Exception.self) == .allow { self.pathExceptions.insert(.parameters) }
        let strip = map.take("stripPrefix")
        let rewrite = map.take("rewrite")
        if let strip, try strip.bool() {
            guard rewrite == nil else {
                throw strip.error("a prefix is stripped or rewritten, not both", advice: "stripPrefix or rewrite")
            }
            guard RoutePath.key(of: Array(self.prefix.utf8)).count > 0 else {
                throw strip.error("the prefix / has nothing to strip", advice: "remove stripPrefix")
            }
            self.rewrite = .strip
        }
        if let rewrite { self.rewrite = .replace(try Self.path(rewrite)) }
    }

    private static func path(_ node: SettingsNode) throws(SettingsError) -> String {
        let text = try node.string()
        let bytes = Array(text.utf8)
        guard bytes.first == UInt8(ascii: "/"),
            bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") })
        else { throw node.error("\"\(text)\" is no path", advice: "a path such as /v1/; stripPrefix: true for none") }
        do { try PathRules.check(bytes[...]) } catch {
            throw node.error("no request may go there: \(error.reason)", advice: "a plain path such as /v1/")
        }
        return text
    }
}
