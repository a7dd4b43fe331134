// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import Logging
import NIOCore
import NIOEmbedded
import Synchronization
import TestSupport
import Testing

@testable import Edge

@Suite("Connection caps, and descriptors running out", .timeLimit(.minutes(2)))
struct ConnectionCapTests {
    @Test(
        "The last connection the node may have is served, one more is closed before a byte is read, and a place comes back"
    )
    func node() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(upstream, adjust: { $0.limits.connections = 2 }) { edge in
            let request = "GET /api/ HTTP/1.1\r\nHost: \(edge.host)\r\n\r\n"
            var clients: [RawClient] = []
            for _ in 0..<2 {
                let client = try await edge.connect()
                try await client.send(request)
                #expect(await client.receive(until: "hello").contains("200 OK"))
                clients.append(client)
            }
            let refused = try await RawClient.connect(port: edge.port, tls: nil)
            #expect(await refused.receiveAll().isEmpty)
            // The page server's own door has room all the same.
            let inside = try await edge.connectInternal()
            try await inside.send("GET /api/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(await inside.receive(until: "hello").contains("200 OK"))
            await clients[0].close()
            try await eventually {
                let next = try await edge.connect()
                defer { clients.append(next) }
                do { try await next.send(request) } catch { return false }  // closed again: still too early
                return await next.receive(until: "hello").contains("200 OK")
            }
        }
    }

    @Test("The cap counts over all loops, forgets who left, and is told once")
    func counting() {
        let lines = RecordedLines()
        let connections = NodeConnections(logger: lines.logger)
        #expect((0..<20).allSatisfy { _ in connections.enter(limit: 20) })
        #expect(!connections.enter(limit: 20))
        #expect(!connections.enter(limit: 20))
        #expect(lines.count == 1)
        connections.leave(limit: 20)
        #expect(connections.enter(limit: 20))
        #expect(!connections.enter(limit: 20))
        #expect(lines.count == 1)
        for _ in 0..<3 { connections.leave(limit: 20) }
        for _ in 0..<3 { #expect(connections.enter(limit: 20)) }
        #expect(!connections.enter(limit: 20))
        #expect(lines.count == 2)
        #expect(connections.enter(limit: 0))
    }

    @Test("Out of descriptors: accepting pauses, is told once, and goes on by itself, but not once it was stopped")
    func accept() throws {
        let lines = RecordedLines()
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandler(AcceptBackoff(listener: "public", logger: lines.logger))
        func isAccepting() -> Bool? {
            channel.options.last { $0.option is ChannelOptions.Types.AutoReadOption }?.value as? Bool
        }
        for code in [EMFILE, ENFILE, ENOMEM] {
            channel.pipeline.fireErrorCaught(IOError(errnoCode: code, reason: "accept"))
            #expect(isAccepting() == false)
        }
        #expect(lines.count == 1)
        channel.embeddedEventLoop.advanceTime(by: AcceptBackoff.pause - .nanoseconds(1))
        #expect(isAccepting() == false)
        channel.embeddedEventLoop.advanceTime(by: .nanoseconds(1))
        #expect(isAccepting() == true)
        channel.pipeline.fireChannelRead(EmbeddedChannel() as any Channel)
        #expect(lines.count == 2)
        // A client that gave up while it waited is no reason to pause.
        channel.pipeline.fireErrorCaught(IOError(errnoCode: ECONNABORTED, reason: "accept"))
        #expect(isAccepting() == true)
        #expect(throws: IOError.self) { try channel.throwIfErrorCaught() }
        channel.pipeline.fireErrorCaught(IOError(errnoCode: EMFILE, reason: "accept"))
        #expect(lines.count == 3)
        channel.pipeline.fireUserInboundEventTriggered(StopAccepting())
        channel.embeddedEventLoop.advanceTime(by: AcceptBackoff.pause)
        #expect(isAccepting() == false)
    }
}

/// How many lines a logger was given.
private final class RecordedLines: Sendable {
    private let lines = Mutex(0)
    var count: Int { self.lines.withLock { $0 } }
    var logger: Logger { Logger(label: "edge-tests") { _ in Handler(recorded: self) } }

    private struct Handler: LogHandler {
        let recorded: RecordedLines
        var logLevel = Logger.Level.info
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }

        func log(event: LogEvent) { self.recorded.lines.withLock { $0 += 1 } }
    }
}
