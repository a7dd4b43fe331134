// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import Settings

/// The system's way from a name to addresses, on NIO's thread pool: it blocks, and no loop may.
enum AddressLookup {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    @Sendable
    static func resolve(_ name: ListenAddress) async throws -> [SocketAddress] {
        try await NIOThreadPool.singleton.runIfActive { try Self.resolveBlocking(name) }
    }

    private static func resolveBlocking(_ name: ListenAddress) throws(Failure) -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(name.host, String(name.port), &hints, &list)
        guard code == 0 else { throw Failure(description: String(cString: gai_strerror(code))) }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = list
        while let entry = next?.pointee {
            next = entry.ai_next
            guard let address = entry.ai_addr else { continue }
            switch entry.ai_family {
            case AF_INET:
                address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    addresses.append(SocketAddress($0.pointee, host: name.host))
                }
            case AF_INET6:
                address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                    addresses.append(SocketAddress($0.pointee, host: name.host))
                }
            default:
                continue
            }
        }
        return addresses
    }

    /// The endpoints that the addresses of one name make, each with the addresses to try for it. Pure.
    ///
    /// A name for this machine is one endpoint, tried in both families: Node listens on `::1` for `localhost`, Django on
    /// `127.0.0.1`. Of any other name each address is an endpoint of its own, IPv4 if there is some, so that a host with
    /// two addresses does not count twice. At most 64, in a stable order.
    static func endpoints(of addresses: [SocketAddress]) -> [[SocketAddress]] {
        var unique: [SocketAddress] = []
        for address in addresses where !unique.contains(address) { unique.append(address) }
        if unique.allSatisfy(Self.isLoopback) { return unique.isEmpty ? [] : [unique] }
        let fours = unique.filter { $0.protocol == .inet }
        let chosen = (fours.isEmpty ? unique : fours).sorted { ($0.ipAddress ?? "") < ($1.ipAddress ?? "") }
        return chosen.prefix(64).map { [$0] }
    }

    private static func isLoopback(_ address: SocketAddress) -> Bool {
        guard let text = address.ipAddress else { return false }
        return text == "::1" || text.hasPrefix("127.")
    }
}
