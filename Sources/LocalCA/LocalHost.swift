// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import SwiftASN1
internal import X509

/// A name that the local authority vouches for: `localhost`, anything below it, a loopback address. Nothing else, so
/// that trusting it opens no door to the network.
struct LocalHost: Hashable, Sendable {
    /// Canonical: lower case, addresses in their shortest form.
    let text: String
    /// Four or sixteen bytes where it is an address.
    let address: [UInt8]?

    /// What every leaf has. Some browsers ignore so short a wildcard; exact names may be added.
    static let always = [
        LocalHost(text: "localhost", address: nil),
        LocalHost(text: "*.localhost", address: nil),
        LocalHost(text: "127.0.0.1", address: [127, 0, 0, 1]),
        LocalHost(text: "::1", address: loopback6),
    ]

    private static let loopback6 = [UInt8](repeating: 0, count: 15) + [1]

    private init(text: String, address: [UInt8]?) {
        self.text = text
        self.address = address
    }

    init(_ host: String) throws(LocalCAError) {
        let name = host.lowercased()
        if let bytes = Self.addressBytes(name) {
            guard let address = LocalHost(address: bytes) else { throw Self.refused(host) }
            self = address
        } else {
            guard name == "localhost" || name.hasSuffix(".localhost") && Self.isName(name) else {
                throw Self.refused(host)
            }
            self.init(text: name, address: nil)
        }
    }

    /// nil for what the authority may not vouch for: a certificate in the folder may come from anywhere.
    init?(_ name: GeneralName) {
        switch name {
        case .dnsName(let text):
            guard let host = try? LocalHost(text) else { return nil }
            self = host
        case .ipAddress(let octets):
            self.init(address: Array(octets.bytes))
        default:
            return nil
        }
    }

    private init?(address bytes: [UInt8]) {
        if bytes.count == 4, bytes[0] == 127 {
            self.init(text: bytes.map(String.init).joined(separator: "."), address: bytes)
        } else if bytes == Self.loopback6 {
            self.init(text: "::1", address: bytes)
        } else {
            return nil
        }
    }

    var generalName: GeneralName {
        address.map { .ipAddress(ASN1OctetString(contentBytes: $0[...])) } ?? .dnsName(text)
    }

    private static func refused(_ host: String) -> LocalCAError {
        LocalCAError(
            message: "the local authority may not vouch for \(host)",
            advice: "It is limited to localhost, names ending in .localhost and loopback addresses, so that it is "
                + "harmless to trust. For any other name set tls.certificate and tls.key to a certificate of your own."
        )
    }

    private static func isName(_ name: String) -> Bool {
        name.utf8.count <= 253
            && name.split(separator: ".", omittingEmptySubsequences: false).enumerated().allSatisfy { index, label in
                if index == 0, label == "*" { return true }
                return (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                    && label.utf8.allSatisfy {
                        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "-")
                    }
            }
    }

    private static func addressBytes(_ text: String) -> [UInt8]? {
        var v4 = in_addr()
        if inet_pton(AF_INET, text, &v4) == 1 { return withUnsafeBytes(of: v4) { Array($0) } }
        var v6 = in6_addr()
        if inet_pton(AF_INET6, text, &v6) == 1 { return withUnsafeBytes(of: v6) { Array($0) } }
        return nil
    }
}
