// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Settings

/// An origin browsers may reach us under: `https://host[:port]`, nothing else. Port 0 stands for the port the public
/// listener was given, so that a test or `--listen 127.0.0.1:0` needs to know no port ahead.
package struct PublicOrigin: Sendable, Hashable, CustomStringConvertible {
    /// Lower-case name or address, IPv6 in brackets.
    package let host: String
    package let port: Int

    package init(host: String, port: Int) {
        self.host = host.lowercased()
        self.port = port
    }

    package init(node: SettingsNode) throws(SettingsError) {
        let text = try node.string()
        guard !text.contains("*") else {
            throw node.error(
                "a wildcard origin would open the login to other sites",
                advice: "each origin in full, such as https://app.example"
            )
        }
        guard text.hasPrefix("https://") else {
            throw node.error(
                "\"\(text)\" is not https",
                advice: "https://… (gatecast certs makes a certificate for localhost)"
            )
        }
        guard let origin = PublicOrigin(authority: String(text.dropFirst("https://".count))) else {
            throw node.error(
                "\"\(text)\" is no origin",
                advice: "scheme, host and port only, such as https://localhost:8443"
            )
        }
        self = origin
    }

    /// `host`, `host:port`, `[v6]` or `[v6]:port`; `nil` for anything with a path, userinfo or odd character.
    package init?(authority: String) {
        let bytes = Array(authority.utf8)
        var nameEnd = bytes.count
        var port = 443
        let bracket = bytes.first == UInt8(ascii: "[") ? bytes.firstIndex(of: UInt8(ascii: "]")) : nil
        if let colon = bytes.lastIndex(of: UInt8(ascii: ":")), colon > (bracket ?? 0) {
            guard let number = Int(String(decoding: bytes[(colon + 1)...], as: UTF8.self)),
                (0...65_535).contains(number),
                colon + 1 < bytes.count, bytes[colon + 1] != UInt8(ascii: "+"), bytes[colon + 1] != UInt8(ascii: "-")
            else { return nil }
            port = number
            nameEnd = colon
        }
        let name = bytes[..<nameEnd]
        guard !name.isEmpty else { return nil }
        if let bracket {
            guard bracket == nameEnd - 1,
                name.dropFirst().dropLast().allSatisfy({
                    Self.isHex($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
                })
            else { return nil }
        } else {
            guard name.allSatisfy({ Self.isName($0) }) else { return nil }
        }
        self.init(host: String(decoding: name, as: UTF8.self), port: port)
    }

    /// As browsers serialise it: no default port.
    package var description: String { "https://\(self.authority)" }
    /// As it stands in `Host`.
    package var authority: String { self.port == 443 ? self.host : "\(self.host):\(self.port)" }

    func listening(on port: Int) -> PublicOrigin {
        self.port == 0 ? PublicOrigin(host: self.host, port: port) : self
    }

    /// The first one with the name of `host`, whatever its port.
    static func named(_ host: ArraySlice<UInt8>, among origins: [PublicOrigin]) -> PublicOrigin? {
        let name = HostAllowList.name(of: host)
        return origins.first { HostAllowList.equal(name, Array($0.host.utf8)) }
    }

    /// A name of this machine's own: no other machine answers to it.
    static func isLocal(_ name: ArraySlice<UInt8>) -> Bool {
        if HostAllowList.equal(name, Self.localhost) || name.elementsEqual(Self.loopback6) { return true }
        if name.count > Self.localhostSuffix.count,
            HostAllowList.equal(name.suffix(Self.localhostSuffix.count), Self.localhostSuffix)
        {
            return true
        }
        return name.starts(with: Self.loopback4)
            && name.allSatisfy { $0 == UInt8(ascii: ".") || ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9")) }
    }

    private static let localhost = Array("localhost".utf8)
    private static let localhostSuffix = Array(".localhost".utf8)
    private static let loopback4 = Array("127.".utf8)
    private static let loopback6 = Array("[::1]".utf8)

    private static func isHex(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }

    private static func isName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
