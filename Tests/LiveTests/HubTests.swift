// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import EventLog
import Foundation
import Logging
import NIOCore
import NIOPosix
import StrictJSON
import Synchronization
import Testing
import Wire

@testable import Live

@Suite("Hub on the embedded log")
struct HubTests {
    /// Completes when what was written contains the text it waits for; on its loop.
    private final class ExpectingSink: EventStreamSink {
        private let expected: String
        private let found: EventLoopPromise<String>
        private var text = ""
        private var isDone = false

        init(_ expected: String, _ found: EventLoopPromise<String>) {
            self.expected = expected
            self.found = found
        }

        var isWritable: Bool { true }
        var unflushedBytes: Int { 0 }
        func write(_ bytes: ByteBuffer) { text += String(buffer: bytes) }
        func end() { flush() }

        func flush() {
            guard !isDone, text.contains(expected) else { return }
            isDone = true
            found.succeed(text)
        }
    }

    @Test("What is appended to the log reaches a stream with its id, and drain says goodbye", .timeLimit(.minutes(5)))
    func endToEnd() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let log = try EmbeddedEventLog()
        let hub = Hub(
            settings: LiveSettings(),
            log: log,
            lane: EmbeddedEphemeralLane(),
            group: group,
            sessionCheck: { _ in .unknown },
            logger: Logger(label: "live-tests") { _ in SwiftLogNoOpLogHandler() }
        )
        let running = Task { try await hub.run() }
        let loop = group.next()
        while try await !loop.submit({ hub.shard(on: loop).isPreloaded }).get() { await Task.yield() }
        #expect(hub.isReady)

        let found = loop.makePromise(of: String.self)
        let ended = loop.makePromise(of: String.self)
        try await loop.submit {
            for sink in [ExpectingSink(#""data":{"hello":1}"#, found), ExpectingSink(#""code":4200"#, ended)] {
                let identity = LiveIdentity(subject: "7", claims: [:], session: nil, endsAt: nil)
                let join = JoinRequest(identity: identity, topics: [], since: nil, remoteAddress: "::1")
                EventStream(shard: hub.shard(on: loop), join: join, sink: sink).start()
            }
        }.get()
        let appended = try await log.append([NewEvent(topic: .user("7"), data: Array(#"{"hello":1}"#.utf8))])
        let text = try await found.futureResult.get()
        #expect(text.contains("id: \(appended[0].id)\ndata: {\"id\":\"\(appended[0].id)\",\"topic\":\"user.7\""))
        #expect(hub.position == appended[0].id)
        let connections = await hub.connections(ConnectionQuery(user: "7"), limit: 10).first
        #expect(connections.count == 2)

        await hub.drain(window: .milliseconds(20))
        #expect(try await ended.futureResult.get().contains(#"{"op":"bye","code":4200,"retry":"#))
        #expect(hub.connectionCount == 0)
        #expect(!hub.isReady)
        running.cancel()
        _ = await running.result
        try await group.shutdownGracefully()
    }
}
