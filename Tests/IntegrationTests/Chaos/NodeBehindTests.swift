// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOPosix
internal import Redis
internal import StrictJSON
internal import TestSupport
internal import Testing

/// W9 of live.md §5, on real processes: a client comes to a node that has not read as far as it has.
@Suite("A node that is behind", .enabled(if: RedisProcess.isAvailable), .timeLimit(.minutes(5)))
struct NodeBehindTests {
    private static let query = "&anonymous=1&topic=chaos"

    @Test("W9: it waits for the node to catch up, then gets what is new: no gap, nothing twice")
    func waits() async throws {
        try await with { stack, redis in
            let (ahead, behind) = (stack.gateways[0], stack.gateways[1])
            var first = try await LiveFrames.open(stack.browser(port: #require(await ahead.port)), query: Self.query)
            behind.cable.cut()
            try await Self.publish("1", redis)
            #expect(try await first.nextEvent()["data"]?.integer == 1)

            var second = try await LiveFrames.open(
                stack.browser(port: #require(await behind.port)),
                since: first.cursor,
                query: Self.query
            )
            #expect(second.cursor == first.cursor, "hello repeats the position, though the node has not seen it")
            try await Self.publish("2", redis)
            #expect(try await first.nextEvent()["data"]?.integer == 2)
            behind.cable.heal()
            #expect(try await second.nextEvent()["data"]?.integer == 2)
            try await Self.publish("3", redis)
            #expect(try await second.nextEvent()["data"]?.integer == 3)
            await first.socket.cut()
            await second.socket.cut()
        }
    }

    @Test("W9: a position that the log itself does not have is a reset")
    func asks() async throws {
        try await with { stack, redis in
            try await Self.publish("1", redis)
            let future = "9999999999999-0"
            var frames = try await LiveFrames.open(
                stack.browser(port: #require(await stack.gateways[0].port)),
                since: future,
                query: Self.query
            )
            #expect(frames.cursor == future)
            let gap = try await frames.next()
            #expect(
                gap["op"]?.string == "gap" && gap["why"]?.string == "reset" && gap["from"]?.string == future,
                "\(gap)"
            )
            try await Self.publish("2", redis)
            #expect(try await frames.nextEvent()["data"]?.integer == 2)
            await frames.socket.cut()
        }
    }

    private func with(_ body: (ChaosStack, RedisConnection) async throws -> Void) async throws {
        let stack = try await ChaosStack.start()
        do {
            let redis = try await RedisConnection.connect(
                settings: stack.redis.settings,
                on: MultiThreadedEventLoopGroup.singleton.next()
            )
            for gateway in stack.gateways { try await gateway.waitUntilReady() }
            try await body(stack, redis)
            redis.close()
        } catch {
            await stack.end()
            throw error
        }
        await stack.end()
    }

    private static func publish(_ data: String, _ redis: RedisConnection) async throws {
        let answer = try await redis.send(["XADD", "gatecast:log", "*", "topic", "chaos", "data", .string(data)])
        #expect(answer.error == nil)
    }
}
