// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation

/// A loopback port that was free a moment ago, for programs that cannot be told port 0.
package enum FreePort {
    package static func find() throws -> Int {
        let (descriptor, port) = try Self.bound(to: 0)
        close(descriptor)
        return port
    }

    /// A port that refuses connections and that nobody else is given, as long as the descriptor is open.
    static func bound(to wanted: Int) throws -> (descriptor: Int32, port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(what: "socket") }
        var reuse: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = UInt16(wanted).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 ? getsockname(descriptor, generic, &length) : -1
            }
        }
        guard result == 0 else {
            let failure = Failure(what: "bind")
            close(descriptor)
            throw failure
        }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }

    private struct Failure: Error {
        let what: String
        let number = errno
    }
}

/// A port that refuses connections, and that no other test is given, for as long as this lives.
package final class RefusingPort: Sendable {
    package let port: Int
    private let descriptor: Int32

    /// - Parameter port: one that has just been given back; 0 for any.
    package init(_ port: Int = 0) throws {
        (descriptor, self.port) = try FreePort.bound(to: port)
    }

    deinit { close(descriptor) }
}
