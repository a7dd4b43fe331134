// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Edge
internal import Foundation
internal import Synchronization

/// The running gateway whose sockets this process takes over. It goes on serving until `confirm`; if that never comes, because we
/// ended before, it has lost nothing.
package final class Predecessor: Sendable {
    package let sockets: InheritedSockets
    private let connection: Mutex<UnixSocket?>

    /// Asks the gateway that left `path`; `nil` where none answers there.
    /// - Throws: one is there and does not give its sockets away.
    package static func find(at path: String) throws -> Predecessor? {
        let connection: UnixSocket
        do { connection = try UnixSocket.connect(to: path) } catch let failure as UnixSocket.Failure
            where [ENOENT, ECONNREFUSED].contains(failure.code)
        {
            return nil
        }
        try connection.setTimeLimit(seconds: 10)
        try connection.send(TakeoverProtocol.request)
        let (line, descriptors) = try connection.receive()
        let names = line.split(separator: " ").map(String.init)
        guard names.count == descriptors.count, !names.isEmpty else {
            for descriptor in descriptors { close(descriptor) }
            throw InheritedSockets.Unusable(description: "\(path): the running gateway answered \"\(line)\"")
        }
        var sockets = InheritedSockets()
        for (name, descriptor) in zip(names, descriptors) {
            guard let role = ListenerRole(rawValue: name) else {
                close(descriptor)
                continue
            }
            sockets.sockets[role] = try ListeningSocket(inheriting: descriptor)
        }
        return Predecessor(sockets: sockets, connection: connection)
    }

    private init(sockets: InheritedSockets, connection: UnixSocket) {
        self.sockets = sockets
        self.connection = Mutex(connection)
    }

    /// This process accepts on the sockets and is ready: the other one may drain. Once.
    /// - Throws: it is not there any more, which is as good.
    func confirm() throws {
        let connection = connection.withLock { connection in
            defer { connection = nil }
            return connection
        }
        try connection?.send(TakeoverProtocol.ready)
    }
}

/// Two lines from the successor, one from the gateway that runs: `takeover 1` → `public internal` with their descriptors → `ready`.
enum TakeoverProtocol {
    static let request = "takeover 1"
    static let ready = "ready"
    /// How long a successor may take to become ready.
    static let patience = 60
}
