// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// The `Host` values a listener answers to; everything else is 421 `host-not-served` (DNS rebinding, foreign names).
///
/// Byte-wise and case-insensitive. The lists are one to a handful of names long, so they are scanned.
package struct HostAllowList: Sendable {
    private enum Rule: Sendable {
        /// Host and port in full, as browsers send it.
        case authority([UInt8])
        /// Any port.
        case host([UInt8])
    }

    private let rules: [Rule]

    /// The public listener: exactly the authorities of its origins. `https://a` accepts `a` and `a:443`.
    package init(origins: [PublicOrigin]) {
        var rules: [Rule] = []
        for origin in origins {
            rules.append(.authority(Array(origin.authority.utf8)))
            if origin.port == 443 { rules.append(.authority(Array("\(origin.host):443".utf8))) }
        }
        self.rules = rules
    }

    /// The internal listener: names with whatever port it was bound to or is reached through.
    package init(hosts: [String]) {
        self.rules = hosts.map { .host(Array($0.lowercased().utf8)) }
    }

    package func allows(_ host: ArraySlice<UInt8>) -> Bool {
        for rule in self.rules {
            switch rule {
            case .authority(let bytes):
                if Self.equal(host, bytes) { return true }
            case .host(let bytes):
                if Self.equal(Self.name(of: host), bytes) { return true }
            }
        }
        return false
    }

    /// Without its port: `localhost:3000` → `localhost`, `[::1]:80` → `[::1]`.
    static func name(of host: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard let colon = host.lastIndex(of: UInt8(ascii: ":")) else { return host }
        if let bracket = host.lastIndex(of: UInt8(ascii: "]")), bracket > colon { return host }
        return host[..<colon]
    }

    static func equal(_ left: ArraySlice<UInt8>, _ lowercased: [UInt8]) -> Bool {
        guard left.count == lowercased.count else { return false }
        var index = left.startIndex
        for byte in lowercased {
            let own = left[index]
            let lower = own >= UInt8(ascii: "A") && own <= UInt8(ascii: "Z") ? own | 0x20 : own
            if lower != byte { return false }
            index += 1
        }
        return true
    }
}
