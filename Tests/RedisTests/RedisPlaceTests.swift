// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import Logging
import NIOPosix
import Redis
import Settings
import TestSupport
import Testing

/// Where a server may be: behind a Unix socket, behind Sentinels.
@Suite("Where Redis is", .serialized, .enabled(if: RedisProcess.isAvailable))
struct RedisPlaceTests {
    private static let group = MultiThreadedEventLoopGroup.singleton

    @Test("A Unix socket is reached, with an ACL user and a database", .timeLimit(.minutes(5)))
    func unixSocket() async throws {
        // Short: the kernel takes 107 bytes.
        let path = "/tmp/gatecast-\(UUID().uuidString.prefix(8)).sock"
        defer { try? FileManager.default.removeItem(atPath: path) }
        var options = RedisProcess.Options()
        (options.username, options.password) = ("gate", "p@ss/w?rd")
        options.extra = ["unixsocket \(path)", "unixsocketperm 700"]
        try await RedisProcess.with(options) { _ in
            let settings = try RedisSettings(url: "unix://gate:p%40ss%2Fw%3Frd@\(path)?db=3")
            #expect(settings.endpoint == path)
            let connection = try await RedisConnection.connect(settings: settings, on: Self.group.next())
            #expect(try await connection.send(["ACL", "WHOAMI"]).string == "gate")
            #expect(try await connection.send(["CLIENT", "INFO"]).string?.contains(" db=3 ") == true)
            connection.close()
            let wrong = try RedisSettings(url: "unix://gate:hunter2@\(path)")
            let error = try await #require(throws: RedisError.self) {
                _ = try await RedisConnection.connect(settings: wrong, on: Self.group.next())
            }
            #expect(!error.description.contains("hunter2"))
        }
        let gone = try RedisSettings(url: "unix://\(path)")
        await #expect(throws: RedisError.self) {
            _ = try await RedisConnection.connect(settings: gone, on: Self.group.next())
        }
    }

    @Test(
        "A Sentinel that is down or ignorant is passed over; none at all says what each answered",
        .timeLimit(.minutes(5))
    )
    func sentinels() async throws {
        try await RedisProcess.with { master in
            try await SentinelProcess.with(watching: master.port, as: "main", password: "watch me") { sentinel in
                let dead = try FreePort.find()
                let list = "127.0.0.1:\(dead),127.0.0.1:\(sentinel.port)"
                let settings = try RedisSettings(url: "redis+sentinel://\(list)/main/2?sentinelPassword=watch%20me")
                let connector = try RedisConnector(settings: settings)
                for _ in 0..<2 {
                    let connection = try await connector.connect(on: Self.group.next())
                    #expect(try await connection.send(["CLIENT", "INFO"]).string?.contains(" db=2 ") == true)
                    let configured = try await connection.send(["CONFIG", "GET", "port"])
                    #expect(configured.array?.last?.integer == Int64(master.port))
                    connection.close()
                }
                for (url, words) in [
                    ("redis+sentinel://\(list)/other?sentinelPassword=watch%20me", ["knows no master other"]),
                    ("redis+sentinel://\(list)/main", ["NOAUTH", "127.0.0.1:\(dead)"]),
                ] {
                    let error = try await #require(throws: RedisError.self) {
                        _ = try await RedisConnection.connect(settings: RedisSettings(url: url), on: Self.group.next())
                    }
                    #expect(error.code == .unavailable)
                    for word in words { #expect(error.description.contains(word), "\(error)") }
                }
            }
        }
    }
}
