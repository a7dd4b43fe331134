// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import Synchronization

/// A loopback port that was free a moment ago, for programs that cannot be told port 0, and for tests of nobody listening.
///
/// From below the range that the system hands out for port 0 (32768 and up on Linux), so no listener and no connection of a test
/// beside this one is given it; and each port once in a process, beginning at random because of other processes.
package enum FreePort {
    private static let range = 20_000..<32_000
    private static let next = Atomic<Int>(Int.random(in: range))

    package static func find() throws -> Int {
        for _ in range {
            let number = Self.next.wrappingAdd(1, ordering: .relaxed).oldValue
            let wanted = range.lowerBound + (number - range.lowerBound) % range.count
            guard let (descriptor, port) = try? Self.bound(to: wanted) else { continue }  // somebody's: the next one
            close(descriptor)
            return port
        }
        throw Failure(what: "every port is taken")
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
