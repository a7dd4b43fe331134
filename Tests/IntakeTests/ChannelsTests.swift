// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import EventLog
import Foundation
import Intake
import Logging
import NIOPosix
import Redis
import Synchronization
import TestSupport
import Testing
import Wire

@Suite("Django Channels", .serialized)
struct ChannelsTests {
    @Test("Each serializer is told by its first byte; what is unreadable is told why")
    func payloads() {
        #expect(ChannelsMessage([0x81, 0xA1, 0x61, 0x01], limit: 100) == .json(Array(#"{"a":1}"#.utf8)))
        #expect(ChannelsMessage(Array(#"{"type": "x"}"#.utf8), limit: 100) == .json(Array(#"{"type": "x"}"#.utf8)))
        #expect(ChannelsMessage(Array("gAAAAABm0Qx9".utf8), limit: 100) == .encrypted)
        for bad in [
            [], [0x01], Array("[1]".utf8), Array("{".utf8), [0x82, 0xA1, 0x61, 0x01, 0xA1, 0x61, 0x02], [0x81],
        ] {
            guard case .refused = ChannelsMessage(bad, limit: 100) else {
                Issue.record("\(bad) was taken")
                continue
            }
        }
        let atLimit = Array(#"{"a":""#.utf8) + Array(repeating: 0x61, count: 92) + Array(#""}"#.utf8)
        #expect(ChannelsMessage(atLimit, limit: 100) == .json(atLimit))
        #expect(ChannelsMessage(atLimit + [0x20], limit: 100) != .json(atLimit + [0x20]))
    }

    @Test(
        "Groups that are mapped reach their topics once, others are not even subscribed",
        .enabled(if: RedisProcess.isAvailable)
    )
    func redis() async throws {
        try await RedisProcess.with { server in
            try await Self.listening(server) { client, sink in
                _ = try await client.send("PUBLISH", "asgi__group__other_1", .bytes([0x81, 0xA1, 0x61, 0x01]))
                _ = try await client.send("PUBLISH", "asgi__group__user_42", .bytes([0x81, 0xA1, 0x61, 0x01]))
                _ = try await client.send("PUBLISH", "asgi__group__user_vip_7", #"{"b": 2}"#)
                _ = try await client.send("PUBLISH", "asgi__group__news", .bytes([0x80]))
                _ = try await client.send("PUBLISH", "asgi__group__user_9", "gAAAAABm")
                _ = try await client.send("PUBLISH", "live.user.1", "3")
                _ = try await client.send("PUBLISH", "asgi__group__user_end", .bytes([0x81, 0xA1, 0x61, 0xC0]))
                try await eventually { sink.seen.contains { $0.hasPrefix("user.end") } && sink.seen.count >= 5 }
                let fromChannels = sink.seen.filter { !$0.hasPrefix("user.1 ") }
                #expect(
                    fromChannels == [
                        #"user.42 {"a":1}"#, #"vip.7 {"b": 2}"#, "announcements {}", #"user.end {"a":null}"#,
                    ]
                )
                #expect(sink.seen.contains("user.1 3"))
                let patterns = try await client.send("PUBSUB", "CHANNELS", "*").array?.compactMap(\.string)
                #expect(patterns == ["asgi__group__news"])
                #expect(try await client.send("PUBSUB", "NUMPAT").integer == 3)
            }
        }
    }

    /// Of `.venv`, which `make test` fills where PyPI is in reach.
    private static let python: String? = {
        let root = FileManager.default.currentDirectoryPath + "/.venv"
        let folders = (try? FileManager.default.contentsOfDirectory(atPath: root + "/lib")) ?? []
        let isThere = folders.contains {
            FileManager.default.fileExists(atPath: "\(root)/lib/\($0)/site-packages/channels_redis")
        }
        return isThere ? root + "/bin/python" : nil
    }()

    @Test(
        "The real channels_redis: an unchanged group_send arrives, by every serializer",
        .enabled(if: RedisProcess.isAvailable && python != nil),
        .timeLimit(.minutes(5))
    )
    func realChannels() async throws {
        let program = """
            import asyncio, sys
            from channels_redis.pubsub import RedisPubSubChannelLayer
            async def main():
                host = sys.argv[1]
                for options in ({}, {"serializer_format": "json"}, {"symmetric_encryption_keys": ["k"]}):
                    layer = RedisPubSubChannelLayer(hosts=[host], **options)
                    await layer.group_send("user_42", {"type": "notify.message", "n": [1, 2.5, None, True, "ä"]})
                    await layer.flush()
            asyncio.run(main())
            """
        let python = try #require(Self.python)
        try await RedisProcess.with { server in
            try await Self.listening(server) { _, sink in
                let child = try ChildProcess(
                    python,
                    ["-c", program, "redis://127.0.0.1:\(server.port)/0"],
                    in: FileManager.default.currentDirectoryPath,
                    streams: .init(input: nil, output: nil, errors: nil)
                )
                #expect(await child.wait() == 0)
                try await eventually { sink.seen.count >= 2 }
                #expect(
                    sink.seen == [
                        #"user.42 {"type":"notify.message","n":[1,2.5,null,true,"ä"]}"#,
                        #"user.42 {"type": "notify.message", "n": [1, 2.5, null, true, "\u00e4"]}"#,
                    ]
                )
            }
        }
    }

    /// The lane and three rules on that server, while the body runs.
    private static func listening(
        _ server: RedisProcess,
        _ body: (RedisClient, Recorder) async throws -> Void
    ) async throws {
        var logger = Logger(label: "channels-tests")
        logger.logLevel = .critical
        let client = try RedisClient(
            settings: server.settings,
            group: MultiThreadedEventLoopGroup.singleton,
            logger: logger
        )
        let running = Task { try await client.run() }
        defer { running.cancel() }
        try await client.waitUntilConnected()
        let rules = [
            try GroupRule(group: "user_vip_{1}", topic: "vip.{1}"), try GroupRule(group: "user_{1}", topic: "user.{1}"),
            try GroupRule(group: "news", topic: "announcements"),
        ]
        let source = ChannelsPubSubSource(client: client, prefix: "asgi", rules: rules, limit: 65_536, logger: logger)
        let lane = IntakeLane(RedisEphemeralLane(client: client, logger: logger), with: source)
        let sink = Recorder()
        let listening = Task { try await lane.run(into: sink) }
        defer { listening.cancel() }
        try await eventually {
            let patterns = try await client.send("PUBSUB", "NUMPAT").integer
            let channels = try await client.send("PUBSUB", "CHANNELS", "*").array
            return patterns == 3 && channels?.isEmpty == false
        }
        try await body(client, sink)
    }
}

private final class Recorder: EphemeralSink {
    private let events = Mutex<[String]>([])

    var seen: [String] { events.withLock { $0 } }

    func ephemeral(_ topic: Topic, data: [UInt8]) {
        events.withLock { $0.append("\(topic) \(String(decoding: data, as: UTF8.self))") }
    }
}
