// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import NIOCore

/// Who is at the other end, in every spelling a request needs; made once per connection.
package struct ClientAddress: Sendable {
    /// Without port, for logs and `X-Forwarded-For`.
    package let text: String
    package let bytes: [UInt8]
    /// `for=` node of RFC 7239 §6, quoted where it must be.
    package let forwarded: [UInt8]
    /// IPv4 in full, IPv6 by its /64: what limits count.
    package let limitKey: [UInt8]

    package init(_ address: SocketAddress?) {
        let text = address?.ipAddress ?? "unknown"
        self.text = text
        self.bytes = Array(text.utf8)
        self.forwarded = Array((text.contains(":") ? "\"[\(text)]\"" : text).utf8)
        let raw = address.flatMap { AddressRange.bytes(of: $0) } ?? []
        self.limitKey = raw.count == 16 ? Array(raw[..<8]) : raw
    }
}
