// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Glibc
internal import HTTPTypes
internal import NIOCore

/// Whose request it is, as the gateway says in `X-Forwarded-For`: it writes the field anew, so only its own word arrives.
enum ClientAddress {
    /// `nil` without exactly one well-formed address: then only accounts are counted, since counting the gateway would lock
    /// out everyone. IPv6 is cut to its /64.
    static func key(_ headers: HTTPFields) -> String? {
        let values = headers[values: .forwardedFor]
        guard values.count == 1, let last = values[0].split(separator: ",").last else { return nil }
        let text = last.trimmingPrefix { $0 == " " }
        guard let address = try? SocketAddress(ipAddress: String(text), port: 0) else { return nil }  // not an address
        switch address {
        case .v4: return String(text)
        case .v6(let address):
            return withUnsafeBytes(of: address.address.sin6_addr) { bytes in
                bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: ":")
            }
        default: return nil
        }
    }
}

extension HTTPField.Name {
    fileprivate static let forwardedFor = HTTPField.Name("x-forwarded-for")!
}
