// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
package import Settings

/// Bounds of the edge (proxy.md §10). A zero turns a cap off; zero as a time means "at once" and is refused.
package struct EdgeLimits: Sendable {
    /// From accept to the end of the TLS handshake. Default 10 s, absolute.
    package var handshake: Duration = .seconds(10)
    /// From the first byte of a request head to its end. Default 10 s, absolute.
    package var head: Duration = .seconds(10)
    /// Longest silence in the middle of a request body. Default 30 s.
    package var bodyIdle: Duration = .seconds(30)
    /// Bytes a second, on average, that a request body must come with once `bodyGrace` is over. Default 240; 0: no rate.
    package var bodyRate = 240
    /// How long a body may be slower. Default 30 s.
    package var bodyGrace: Duration = .seconds(30)
    /// Longest silence between two requests of a connection. Default 75 s.
    package var keepAlive: Duration = .seconds(75)
    /// Age from which a connection takes no further request. Default 1 h.
    package var age: Duration = .seconds(3_600)
    /// Longest time without a byte taken by the client while a response waits for it. Default 60 s.
    package var writeIdle: Duration = .seconds(60)
    /// Longest silence of a WebSocket tunnel in both directions together. Default 5 min.
    package var tunnelIdle: Duration = .seconds(300)
    /// Requests of one connection. Default 1,000; 0: no cap.
    package var requestsPerConnection = 1_000
    /// Open connections of one client address. Default 1,024; 0: no cap.
    package var connectionsPerAddress = 1_024
    /// Open connections of the public and the redirect listener together. Default: what the process may have open less 500 for
    /// upstreams and everything else, at least three quarters of it; 0: no cap.
    package var connections = OpenFileLimit.budget(reserve: 500, atLeast: 75)
    /// Bytes of a request target. Default 8 KiB; 0: no cap of its own.
    package var uri = 8 << 10
    /// Bytes of one header field, name and value. Default 16 KiB; 0: no cap of its own.
    package var field = 16 << 10
    /// Bytes of a whole request head. Default 32 KiB; never off, since a head is held whole.
    package var headSize = 32 << 10
    /// Header fields of a request. Default 100; 0: no cap of its own.
    package var fields = 100
    /// Bytes of a request body where the route says nothing. Default 1 MiB; 0: no cap.
    package var body = 1 << 20
    /// Streams of one HTTP/2 connection at a time. Default 100.
    package var streams = 100
    /// Bytes of a request body on one HTTP/2 stream that a client may send ahead of what its upstream has taken. Default 64 KiB.
    package var streamWindow = 64 << 10
    /// The same over all streams of a connection, taken or not. Default 1 MiB.
    package var connectionWindow = 1 << 20
    /// Resets, stream errors and control frames (PING, SETTINGS) of one HTTP/2 connection in 30 s, each counted for
    /// itself; one more and the connection is told to go away. Default 200; 0: no cap.
    package var floods = 200
    /// Failed logins of one account in a minute. Default 5; 0: no cap.
    package var loginFailuresPerAccount = 5
    /// Login and register calls of one address in a minute. Default 20; 0: no cap.
    package var loginsPerAddress = 20
    /// Other calls under `/auth` of one session in a minute. Default 60; 0: no cap.
    package var authPerSession = 60
    /// How long what a client still sends is read past once its last answer is out. 2 s; not a setting.
    package var linger: Duration = .seconds(2)
    /// How long exchanges under way may take to end once the listener stops. Default 25 s.
    package var drain: Duration = .seconds(25)

    package init() {}

    package init(node: SettingsNode?) throws(SettingsError) {
        guard let node else { return }
        var map = try node.map()
        if let value = map.take("handshake") { self.handshake = try Self.time(value) }
        if let value = map.take("head") { self.head = try Self.time(value) }
        if let value = map.take("bodyIdle") { self.bodyIdle = try Self.time(value) }
        if let value = map.take("bodyRate") { self.bodyRate = try value.bytes(in: 0...1 << 30) }
        if let value = map.take("bodyGrace") { self.bodyGrace = try Self.time(value) }
        if let value = map.take("keepAlive") { self.keepAlive = try Self.time(value) }
        if let value = map.take("age") { self.age = try Self.time(value) }
        if let value = map.take("writeIdle") { self.writeIdle = try Self.time(value) }
        if let value = map.take("tunnelIdle") { self.tunnelIdle = try Self.time(value) }
        if let value = map.take("drain") { self.drain = try Self.time(value) }
        if let value = map.take("requestsPerConnection") {
            self.requestsPerConnection = try value.int(in: 0...1_000_000)
        }
        if let value = map.take("connectionsPerAddress") {
            self.connectionsPerAddress = try value.int(in: 0...1_000_000)
        }
        if let value = map.take("connections") { self.connections = try value.int(in: 0...100_000_000) }
        if let value = map.take("uri") { self.uri = try value.bytes(in: 0...1 << 20) }
        if let value = map.take("field") { self.field = try value.bytes(in: 0...1 << 20) }
        if let value = map.take("headSize") { self.headSize = try value.bytes(in: 1 << 10...1 << 20) }
        if let value = map.take("fields") { self.fields = try value.int(in: 0...10_000) }
        if let value = map.take("body") { self.body = try value.bytes() }
        if let value = map.take("streams") { self.streams = try value.int(in: 1...10_000) }
        if let value = map.take("streamWindow") { self.streamWindow = try value.bytes(in: 65_536...16 << 20) }
        if let value = map.take("connectionWindow") { self.connectionWindow = try value.bytes(in: 65_536...1 << 30) }
        if let value = map.take("floods") { self.floods = try value.int(in: 0...1_000_000) }
        if let value = map.take("loginFailuresPerAccount") {
            self.loginFailuresPerAccount = try value.int(in: 0...10_000)
        }
        if let value = map.take("loginsPerAddress") { self.loginsPerAddress = try value.int(in: 0...10_000) }
        if let value = map.take("authPerSession") { self.authPerSession = try value.int(in: 0...10_000) }
        try map.finish()
    }

    var heads: HeadLimits {
        HeadLimits(uri: self.uri, field: self.field, head: self.headSize, fields: self.fields)
    }

    private static func time(_ node: SettingsNode) throws(SettingsError) -> Duration {
        let value = try node.duration()
        guard value > .zero else { throw node.error("is no time", advice: "a duration above zero, such as 10s") }
        return value
    }
}
