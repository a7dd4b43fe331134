// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Settings

/// Where the one Redis is and how patient we are with it.
package struct RedisSettings: Sendable {
    package var host: String
    /// Default 6379.
    package var port: Int
    /// Path of a Unix socket, instead of host and port (`unix:///run/redis.sock`).
    package var socket: String?
    /// Who is asked where the master is, instead of host and port (`redis+sentinel://`).
    package var sentinels: RedisSentinels?
    /// TLS from the first byte (`rediss://`), to Sentinels too; the certificate must name the host.
    package var tls: Bool
    /// PEM file of the authorities to trust instead of the system's (`?ca=/path` in the URL).
    package var certificateAuthority: String?
    /// An ACL user; nil is the default user.
    package var username: String?
    package var password: Secret?
    /// Default 0. Pub/sub ignores it.
    package var database: Int

    /// TCP connect, default 2 s.
    package var connectTimeout: Duration = .seconds(2)
    /// From writing a command to its reply, default 5 s. Commands that block bring their own.
    package var commandTimeout: Duration = .seconds(5)
    /// A subscription that heard nothing for this long is pinged, and given up after as long again. Default 10 s.
    package var heartbeat: Duration = .seconds(10)
    /// Commands waiting for their replies on one connection, default 8,192; one more is `overloaded`.
    package var maximumInFlight = 8_192
    /// Bytes of commands waiting for their replies on one connection, default 64 MiB.
    package var maximumOutstandingBytes = 64 << 20
    /// Bytes of one reply, default 64 MiB.
    package var maximumReplyBytes = 64 << 20
    package var backoff = RedisBackoff()

    package init(
        host: String = "127.0.0.1",
        port: Int = 6379,
        tls: Bool = false,
        certificateAuthority: String? = nil,
        username: String? = nil,
        password: Secret? = nil,
        database: Int = 0
    ) {
        self.host = host
        self.port = port
        self.tls = tls
        self.certificateAuthority = certificateAuthority
        self.username = username
        self.password = password
        self.database = database
    }

    /// Where to connect when no Sentinel has to be asked.
    package var address: RedisAddress { socket.map { .unix(path: $0) } ?? .tcp(host: host, port: port) }

    /// For logs: where the server is looked for, never the user or the password.
    package var endpoint: String {
        guard let sentinels else { return address.description }
        return "\(sentinels.master) of \(sentinels.addresses.map(\.description).joined(separator: ", "))"
    }
}
