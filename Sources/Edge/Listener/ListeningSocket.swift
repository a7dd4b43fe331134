// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import NIOCore
package import Settings

/// A listening TCP socket of ours, opened here or inherited from whoever had it before.
///
/// Two descriptors of one socket: the server channel owns one and closes it, the other is ours, to be handed on. The socket
/// and what waits in its queue live until the last copy in any process is closed.
package final class ListeningSocket: Sendable {
    /// For `sendmsg` to a successor; valid until `close`.
    package let descriptor: CInt
    package let address: ListenAddress

    private static let backlog: CInt = 1_024

    /// Binds and listens. From here on the kernel accepts, whether or not anybody takes the connections.
    package static func open(_ listen: ListenAddress) throws -> ListeningSocket {
        let wanted = try SocketAddress.makeAddressResolvingHost(listen.host, port: listen.port)
        let family = wanted.protocol == .inet6 ? AF_INET6 : AF_INET
        let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue) | CInt(SOCK_NONBLOCK.rawValue)
        let descriptor = try Self.checked("socket") { socket(family, type, 0) }
        do {
            var on: CInt = 1
            let size = socklen_t(MemoryLayout<CInt>.size)
            _ = try Self.checked("setsockopt") { setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, size) }
            _ = try Self.checked("bind") { wanted.withSockAddr { bind(descriptor, $0, socklen_t($1)) } }
            _ = try Self.checked("listen") { Glibc.listen(descriptor, Self.backlog) }
            return try ListeningSocket(inheriting: descriptor)
        } catch {
            _ = Glibc.close(descriptor)
            throw error
        }
    }

    /// - Parameter descriptor: a listening socket, ours from here on unless this throws.
    package init(inheriting descriptor: CInt) throws {
        var listens: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        _ = try Self.checked("getsockopt") { getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) }
        guard listens != 0 else { throw IOError(errnoCode: EINVAL, reason: "listen") }
        self.address = try Self.name(of: descriptor)
        self.descriptor = descriptor
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }

    /// Whether a configuration that asks for `listen` means this socket. Port 0 means any.
    package func serves(_ listen: ListenAddress) -> Bool {
        guard listen.port == 0 || listen.port == self.address.port else { return false }
        guard let wanted = try? SocketAddress.makeAddressResolvingHost(listen.host, port: self.address.port),
            let own = try? SocketAddress(ipAddress: self.address.host, port: self.address.port)
        else { return false }  // a name that does not resolve is nobody's address
        return wanted == own
    }

    /// A copy for a server channel, which closes it.
    func duplicate() throws -> CInt {
        try Self.checked("dup") { fcntl(self.descriptor, F_DUPFD_CLOEXEC, 3) }
    }

    /// Once.
    package func close() { _ = Glibc.close(self.descriptor) }

    private static func checked(_ call: String, _ body: () throws -> CInt) throws -> CInt {
        let result = try body()
        guard result >= 0 else { throw IOError(errnoCode: errno, reason: call) }
        return result
    }

    private static func name(of descriptor: CInt) throws -> ListenAddress {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        _ = try withUnsafeMutablePointer(to: &storage) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                try Self.checked("getsockname") { getsockname(descriptor, address, &size) }
            }
        }
        let isIPv6 = CInt(storage.ss_family) == AF_INET6
        guard isIPv6 || CInt(storage.ss_family) == AF_INET else {
            throw IOError(errnoCode: EAFNOSUPPORT, reason: "socket")
        }
        let address = withUnsafePointer(to: storage) { pointer in
            isIPv6
                ? pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { SocketAddress($0.pointee) }
                : pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { SocketAddress($0.pointee) }
        }
        return ListenAddress(host: address.ipAddress ?? "", port: address.port ?? 0)
    }
}
