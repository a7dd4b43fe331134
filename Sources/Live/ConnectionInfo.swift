// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Wire

/// Which connections are asked for.
package struct ConnectionQuery: Sendable {
    package var user: String?
    /// The public id.
    package var session: String?
    /// Only those that are behind and read from the ring.
    package var isSlowOnly: Bool

    package init(user: String? = nil, session: String? = nil, isSlowOnly: Bool = false) {
        (self.user, self.session, self.isSlowOnly) = (user, session, isSlowOnly)
    }
}

/// One connection of this node, as `GET /connections` shows it (live.md §7).
package struct ConnectionInfo: Sendable {
    package var conn: String
    package var user: String?
    /// The public id.
    package var session: String?
    package var transport: LiveTransport
    package var ageSeconds: Int
    package var topics: [String]
    package var position: Cursor
    /// True while it is fed from the ring: joining, resuming or slow.
    package var isReading: Bool
    /// How far it is behind its loop, by the clock of the log.
    package var lagMilliseconds: UInt64
    package var bytesInFlight: Int
    /// Since bytes last left for the socket.
    package var idleSeconds: Int
}
