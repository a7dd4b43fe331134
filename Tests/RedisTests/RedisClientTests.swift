// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import Logging
import NIOCore
import NIOPosix
import Redis
import TestSupport
import Testing

/// Against a real redis-server, one per test.
@Suite("RedisClient", .serialized, .enabled(if: RedisProcess.isAvailable))
struct RedisClientTests {
    static let group = MultiThreadedEventLoopGroup.singleton

    static func quick(_ settings: RedisSettings) -> RedisSettings {
        var settings = settings
        settings.backoff = RedisBackoff(base: .milliseconds(5), limit: .milliseconds(20))
        return settings
    }

    /// A client that runs while the body does.
    static func withClient(_ settings: RedisSettings, _ body: (RedisClient) async throws -> Void) async throws {
        let client = try RedisClient(settings: quick(settings), group: group, logger: Logger(label: "test"))
        let running = Task { try await client.run() }
        do {
            try await body(client)
        } catch {
            running.cancel()
            throw error
        }
        running.cancel()
        try await running.value
    }

    @Test("Pipelined commands of many tasks get their own replies")
    func pipelining() async throws {
        try await RedisProcess.with { server in
            try await Self.withClient(server.settings) { client in
                try await client.waitUntilConnected()
                try await withThrowingTaskGroup { tasks in
                    for number in 0..<500 {
                        tasks.addTask {
                            let reply = try await client.send("ECHO", "n\(number)")
                            #expect(reply.string == "n\(number)")
                        }
                    }
                    try await tasks.waitForAll()
                }
                let replies = try await client.pipeline([["SET", "k", "v"], ["LPUSH", "k", "x"], ["GET", "k"]])
                #expect(replies[0] == .simple("OK"))
                #expect(replies[1].error?.hasPrefix("WRONGTYPE") == true)
                #expect(replies[2].string == "v")
                #expect(
                    try await client.eval("return {KEYS[1], ARGV[1]}", keys: ["k"], arguments: [7]).array?.count == 2
                )
            }
        }
    }

    @Test("A large value of any bytes comes back as it was")
    func largeValue() async throws {
        try await RedisProcess.with { server in
            try await Self.withClient(server.settings) { client in
                try await client.waitUntilConnected()
                let value = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                _ = try await client.send("SET", "big", .bytes(value))
                #expect(try await client.send("GET", "big").bytes == value)
            }
        }
    }

    @Test("The server's error is thrown, and the connection stays well")
    func serverError() async throws {
        try await RedisProcess.with { server in
            try await Self.withClient(server.settings) { client in
                try await client.waitUntilConnected()
                let error = try await #require(throws: RedisError.self) { try await client.send("NOSUCH") }
                #expect(error.serverText?.hasPrefix("ERR unknown command") == true)
                #expect(try await client.send("PING").string == "PONG")
            }
        }
    }

    @Test("An ACL user logs in; without the password the error tells, and never the password")
    func login() async throws {
        var options = RedisProcess.Options()
        options.username = "gate"
        options.password = "s3cret-word"
        try await RedisProcess.with(options) { server in
            try await Self.withClient(server.settings) { client in
                try await client.waitUntilConnected()
                #expect(try await client.send("ACL", "WHOAMI").string == "gate")
            }
            let wrong = try RedisSettings(url: "redis://gate:wrong-word@127.0.0.1:\(server.port)")
            let error = try await #require(throws: RedisError.self) {
                _ = try await RedisConnection.connect(settings: wrong, on: Self.group.next())
            }
            #expect(error.serverText?.hasPrefix("WRONGPASS") == true)
            #expect(!error.description.contains("wrong-word"))
        }
    }

    @Test("While Redis is down commands fail at once; when it comes the client connects by itself")
    func downAtStart() async throws {
        let server = try await RedisProcess.start()
        server.stop()
        try await Self.withClient(server.settings) { client in
            let error = try await #require(throws: RedisError.self) { try await client.send("PING") }
            #expect(error.code == .unavailable)
            #expect(error.wasNotSent)
            try await server.restart()
            try await client.waitUntilConnected()
            #expect(try await client.send("PING").string == "PONG")
        }
    }

    @Test("Killed connections come back, and their commands fail instead of hanging")
    func clientKill() async throws {
        try await RedisProcess.with { server in
            try await Self.withClient(server.settings) { client in
                try await client.waitUntilConnected()
                // The killing connection is not its own victim, but the answer may lose the race with the close.
                _ = try? await client.send("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no")
                try await eventually { (try? await client.send("PING").string) == "PONG" }
            }
        }
    }

    @Test("A server that stops answering is given up after the command's timeout")
    func timeout() async throws {
        try await RedisProcess.with { server in
            let connection = try await RedisConnection.connect(settings: server.settings, on: Self.group.next())
            server.pause()
            let error = try await #require(throws: RedisError.self) {
                _ = try await connection.send(["PING"], timeout: .milliseconds(50))
            }
            #expect(error.code == .timeout)
            await connection.closed()
            server.resume()
        }
    }

    @Test("TLS with our own authority connects; with the system's it is refused")
    func tls() async throws {
        let directory = FileManager.default.temporaryDirectory.path + "/gatecast-tls-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try TestCertificates.shared.write(to: directory)
        let port = try FreePort.find()
        var options = RedisProcess.Options()
        options.extra = [
            "tls-port \(port)", "tls-cert-file \(directory)/localhost.pem",
            "tls-key-file \(directory)/localhost-key.pem",
            "tls-ca-cert-file \(directory)/ca.pem", "tls-auth-clients no",
        ]
        try await RedisProcess.with(options) { _ in
            let trusting = try RedisSettings(url: "rediss://localhost:\(port)?ca=\(directory)/ca.pem")
            let connection = try await RedisConnection.connect(settings: trusting, on: Self.group.next())
            #expect(try await connection.send(["PING"]).string == "PONG")
            connection.close()
            await #expect(throws: RedisError.self) {
                _ = try await RedisConnection.connect(
                    settings: RedisSettings(url: "rediss://localhost:\(port)"),
                    on: Self.group.next()
                )
            }
        }
    }

    @Test("A replica is refused")
    func replica() async throws {
        try await RedisProcess.with { master in
            var options = RedisProcess.Options()
            options.extra = ["replicaof 127.0.0.1 \(master.port)"]
            try await RedisProcess.with(options) { server in
                let error = try await #require(throws: RedisError.self) {
                    _ = try await RedisConnection.connect(settings: server.settings, on: Self.group.next())
                }
                #expect(error.code == .notMaster)
            }
        }
    }

    @Test("A subscription survives losing its connection, tells so, and hears again")
    func subscription() async throws {
        try await RedisProcess.with { server in
            try await Self.withClient(server.settings) { client in
                try await client.waitUntilConnected()
                let (events, heard) = AsyncStream.makeStream(of: RedisSubscription.Event.self)
                let subscription = client.subscribe(patterns: ["live.*"], channels: ["sessions"])
                let running = Task { try await subscription.run { heard.yield($0) } }
                var iterator = events.makeAsyncIterator()
                #expect(await iterator.next() == .reset)
                _ = try await client.send("PUBLISH", "live.a", "1")
                _ = try await client.send("PUBLISH", "other", "2")
                _ = try await client.send("PUBLISH", "sessions", "3")
                #expect(await iterator.next() == .message(.init(channel: "live.a", payload: [49], pattern: "live.*")))
                #expect(await iterator.next() == .message(.init(channel: "sessions", payload: [51])))
                _ = try await client.send("CLIENT", "KILL", "TYPE", "pubsub")
                guard case .interrupted = await iterator.next() else {
                    Issue.record("the loss was not told")
                    return
                }
                #expect(await iterator.next() == .reset)
                _ = try await client.send("PUBLISH", "live.b", "4")
                #expect(await iterator.next() == .message(.init(channel: "live.b", payload: [52], pattern: "live.*")))
                running.cancel()
                try await running.value
            }
        }
    }

    @Test("A subscription whose server freezes is given up by its heartbeat")
    func heartbeat() async throws {
        try await RedisProcess.with { server in
            var settings = Self.quick(server.settings)
            settings.heartbeat = .milliseconds(30)
            let (events, heard) = AsyncStream.makeStream(of: RedisSubscription.Event.self)
            let subscription = RedisSubscription(
                connector: try RedisConnector(settings: settings),
                loop: Self.group.next(),
                patterns: ["live.*"],
                channels: [],
                logger: Logger(label: "test")
            )
            let running = Task { try await subscription.run { heard.yield($0) } }
            var iterator = events.makeAsyncIterator()
            #expect(await iterator.next() == .reset)
            server.pause()
            #expect(await iterator.next() == .interrupted(RedisError(.timeout, "the subscription is silent")))
            server.resume()
            running.cancel()
            try await running.value
        }
    }
}
