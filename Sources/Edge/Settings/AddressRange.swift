// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import NIOCore

/// A CIDR range of peers, IPv4 or IPv6. An IPv4-mapped IPv6 address counts as IPv4.
package struct AddressRange: Sendable, Hashable {
    private let network: [UInt8]
    private let bits: Int

    /// `10.0.0.0/8`, `fd00::/8`, or a single address.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = Self.bytes(ofAddress: String(parts[0])) else { return nil }
        var bits = address.count * 8
        if parts.count == 2 {
            guard let number = Int(parts[1]), (0...bits).contains(number) else { return nil }
            bits = number
        }
        self.network = address
        self.bits = bits
    }

    package func contains(_ address: [UInt8]) -> Bool {
        guard address.count == self.network.count else { return false }
        let whole = self.bits / 8
        guard address[..<whole] == self.network[..<whole] else { return false }
        let rest = self.bits % 8
        guard rest > 0 else { return true }
        let mask = UInt8(truncatingIfNeeded: 0xFF00 >> rest)
        return address[whole] & mask == self.network[whole] & mask
    }

    static func isLoopback(_ bytes: [UInt8]) -> Bool {
        bytes.count == 4 ? bytes[0] == 127 : bytes == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    }

    /// 4 or 16 bytes in network order; `nil` for a name. A zone (`%eth0`) does not count.
    static func bytes(ofAddress text: String) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 4)
        if inet_pton(AF_INET, text, &bytes) == 1 { return bytes }
        bytes = [UInt8](repeating: 0, count: 16)
        guard inet_pton(AF_INET6, String(text.prefix { $0 != "%" }), &bytes) == 1 else { return nil }
        return Self.unmapped(bytes)
    }

    /// Of 4 or 16 bytes in network order; port 0.
    static func socketAddress(_ bytes: [UInt8]) -> SocketAddress? {
        // Fails for another count of bytes only.
        try? SocketAddress(packedIPAddress: ByteBuffer(bytes: Self.unmapped(bytes)), port: 0)
    }

    private static func unmapped(_ bytes: [UInt8]) -> [UInt8] {
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        return bytes.count == 16 && bytes.starts(with: mapped) ? Array(bytes[12...]) : bytes
    }

    /// `nil` for a UNIX socket.
    static func bytes(of address: SocketAddress) -> [UInt8]? {
        address.ipAddress.flatMap { Self.bytes(ofAddress: $0) }
    }
}
