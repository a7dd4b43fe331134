// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Edge
internal import Foundation

/// Listening sockets somebody else opened: a supervisor (systemd's socket activation), or a predecessor.
package struct InheritedSockets: Sendable {
    package var sockets: [ListenerRole: ListeningSocket] = [:]

    package init(_ sockets: [ListenerRole: ListeningSocket] = [:]) { self.sockets = sockets }

    /// A descriptor that is no listening TCP socket, or a name we do not know.
    package struct Unusable: Error, CustomStringConvertible {
        package let description: String
    }

    /// The first descriptor of the protocol (sd_listen_fds(3)).
    private static let first: CInt = 3

    /// - Parameters:
    ///   - environment: `LISTEN_PID`, `LISTEN_FDS`, and in `LISTEN_FDNAMES` `public` or `internal` for each. Without names, or with
    ///     systemd's own (`unknown`, the unit's), the first is public and the second internal.
    ///   - process: descriptors meant for another are left alone.
    package static func passed(in environment: [String: String], to process: Int32 = getpid()) throws
        -> InheritedSockets
    {
        guard let count = environment["LISTEN_FDS"].flatMap(CInt.init), count > 0,
            environment["LISTEN_PID"].flatMap(Int32.init) == process
        else { return InheritedSockets() }
        // Not for processes we might start.
        for name in ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"] { unsetenv(name) }
        let roles = try roles(count: Int(count), names: environment["LISTEN_FDNAMES"])
        var inherited = InheritedSockets()
        for (index, role) in roles.enumerated() {
            let descriptor = first + CInt(index)
            do { inherited.sockets[role] = try ListeningSocket(inheriting: descriptor) } catch {
                throw Unusable(
                    description: "LISTEN_FDS: descriptor \(descriptor) (\(role.rawValue)) is no listening TCP socket"
                )
            }
        }
        return inherited
    }

    static func roles(count: Int, names: String?) throws(Unusable) -> [ListenerRole] {
        let names = (names ?? "").split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        let isNamed = names.contains { ListenerRole(rawValue: $0) != nil }
        let roles: [ListenerRole?] = isNamed ? names.map(ListenerRole.init) : [.public, .internal]
        guard count <= roles.count, !isNamed || count == names.count else {
            throw Unusable(description: "LISTEN_FDS: \(count) sockets passed, and there are only public and internal")
        }
        var chosen: [ListenerRole] = []
        for role in roles.prefix(count) {
            guard let role, !chosen.contains(role) else {
                throw Unusable(
                    description:
                        "LISTEN_FDNAMES: name each socket public or internal, once (FileDescriptorName= in the unit)"
                )
            }
            chosen.append(role)
        }
        return chosen
    }
}
