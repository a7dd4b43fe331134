// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// What a login request says of its sender.
package struct ClientHint: Sendable, Hashable {
    package var userAgent: String?
    /// The client's address without port.
    package var address: String?

    package init(userAgent: String? = nil, address: String? = nil) {
        self.userAgent = userAgent
        self.address = address
    }
}

/// What is kept of it: enough to recognise one's own sessions in a list, too little to track anyone.
package struct ClientSummary: Sendable, Hashable {
    /// `Firefox`, `Chrome` …; `nil` when not recognised.
    package var browser: String?
    /// `/24` of an IPv4 address, `/48` of an IPv6 one.
    package var addressPrefix: String?

    package init(browser: String?, addressPrefix: String?) {
        self.browser = browser
        self.addressPrefix = addressPrefix
    }

    package init(_ hint: ClientHint) {
        self.browser = hint.userAgent.flatMap(Self.family)
        self.addressPrefix = hint.address.flatMap(Self.prefix)
    }

    /// First match wins: every later name also appears in the agents of some earlier one.
    private static let families: [(token: String, name: String)] = [
        ("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"),
        ("Chromium/", "Chromium"), ("Chrome/", "Chrome"), ("Safari/", "Safari"), ("curl/", "curl"),
    ]

    private static func family(of agent: String) -> String? {
        families.first { agent.contains($0.token) }?.name
    }

    private static func prefix(of address: String) -> String? {
        if address.contains(":") { return prefixIPv6(address) }
        let parts = address.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, parts.allSatisfy({ UInt8($0) != nil }) else { return nil }
        return parts[..<3].joined(separator: ".") + ".0/24"
    }

    /// The first three groups, `::` expanded; an IPv4-mapped address counts as IPv4.
    private static func prefixIPv6(_ address: String) -> String? {
        if address.hasPrefix("::ffff:"), address.contains(".") { return prefix(of: String(address.dropFirst(7))) }
        let text = address.prefix { $0 != "%" }
        let halves = text.split(separator: ":", omittingEmptySubsequences: false)
        var groups: [UInt16] = []
        for part in halves {
            if part.isEmpty { break }
            guard let group = UInt16(part, radix: 16) else { return nil }
            groups.append(group)
        }
        while groups.count < 3 { groups.append(0) }
        return groups[..<3].map { String($0, radix: 16) }.joined(separator: ":") + "::/48"
    }
}
