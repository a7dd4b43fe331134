// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import NIOCore
import NIOEmbedded
import Testing

@testable import Redis

@Suite("RedisChannelHandler")
struct RedisChannelHandlerTests {
    final class Harness {
        let channel = EmbeddedChannel()
        let handler: RedisChannelHandler

        init(_ settings: RedisSettings = RedisSettings()) throws {
            handler = RedisChannelHandler(settings: settings, loop: channel.embeddedEventLoop)
            try channel.pipeline.syncOperations.addHandler(handler)
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        }

        /// Writes commands as one call and, after `then`, answers what the caller was told.
        func send(_ commands: [[RedisArgument]], then: () throws -> Void) async -> RedisExchange.Answer {
            await withCheckedContinuation { waiter in
                handler.write(commands, deadline: .distantFuture, waiter: waiter)
                channel.embeddedEventLoop.run()
                // The body only touches the embedded channel; a throw would already have failed a later expectation.
                try? then()
            }
        }

        func receive(_ wire: String) throws { try channel.writeInbound(ByteBuffer(string: wire)) }
    }

    @Test("Replies match commands in order, in one write")
    func order() async throws {
        let harness = try Harness()
        let answer = await harness.send([["PING"], ["GET", "a"]]) { try harness.receive("+PONG\r\n$1\r\nx\r\n") }
        #expect(try answer.get() == [.simple("PONG"), .bulk([120])])
        let written = try harness.channel.readOutbound(as: ByteBuffer.self)
        #expect(written.map { String(buffer: $0) } == "*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n$1\r\na\r\n")
        #expect(try harness.channel.readOutbound(as: ByteBuffer.self) == nil)
    }

    @Test("A reply nobody asked for closes the connection")
    func unasked() throws {
        let harness = try Harness()
        try harness.receive("+OK\r\n")
        #expect(!harness.channel.isActive)
        #expect(harness.handler.closeReason?.code == .badReply)
    }

    @Test("Whatever ends the connection fails those who wait")
    func lost() async throws {
        let harness = try Harness()
        let answer = await harness.send([["PING"]]) { try harness.channel.close().wait() }
        #expect(throws: RedisError.self) { _ = try answer.get() }
        let late = await harness.send([["PING"]]) {}
        #expect(throws: RedisError.self) { _ = try late.get() }
    }

    @Test("Bytes that are not RESP2 close the connection and fail those who wait")
    func garbage() async throws {
        let harness = try Harness()
        let answer = await harness.send([["PING"]]) { try harness.receive("SSH-2.0-OpenSSH\r\n") }
        guard case .failure(let error) = answer else {
            Issue.record("garbage was an answer")
            return
        }
        #expect(error.code == .badReply)
        #expect(!harness.channel.isActive)
    }

    @Test("Commands are taken up to the limit and refused one past it")
    func limit() async throws {
        var settings = RedisSettings()
        settings.maximumInFlight = 2
        let harness = try Harness(settings)
        let refused = await harness.send([["A"], ["B"], ["C"]]) {}
        #expect(throws: RedisError(.overloaded, "0 commands, 0 bytes are waiting")) { _ = try refused.get() }
        let taken = await harness.send([["A"], ["B"]]) { try harness.receive(":1\r\n:2\r\n") }
        #expect(try taken.get() == [.integer(1), .integer(2)])
    }
}
