// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import AsyncHTTPClient
import EventLog
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle
import Settings
import Synchronization
import Testing
import Wire

@testable import Gateway

@Suite("GET /tail", .timeLimit(.minutes(5)))
struct TailStreamTests {
    /// A tail over a real socket; the server has ended when this returns.
    private func withTail(
        _ query: String = "",
        log: (any EventLog)? = nil,
        _ body: (AdminHarness, ServiceGroup, HTTPClientResponse) async throws -> Void,
        whileRunning afterwards: () async throws -> Void = {}
    ) async throws {
        let harness = try AdminHarness()
        let (addresses, continuation) = AsyncStream<ListenAddress>.makeStream()
        var events = harness.events
        if let log { events.log = log }
        let server = harness.server(events: events) { continuation.yield($0) }
        let group = ServiceGroup(services: [server], logger: AdminHarness.logger)
        try await withThrowingTaskGroup { tasks in
            tasks.addTask {
                defer { continuation.finish() }
                try await group.run()
            }
            for await address in addresses {
                var request = HTTPClientRequest(url: "http://\(address)/tail\(query)")
                request.headers.add(name: "authorization", value: "Bearer \(AdminHarness.token)")
                try await body(harness, group, HTTPClient.shared.execute(request, timeout: .seconds(30)))
                try await afterwards()
                break
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    private func event(_ topic: String, _ data: String) throws -> NewEvent {
        NewEvent(topic: try Topic(topic), data: Array(data.utf8), key: nil)
    }

    @Test("Streams what is published from then on")
    func streams() async throws {
        try await withTail("?topic=user.*") { harness, _, response in
            #expect(response.status == .ok)
            #expect(response.headers.first(name: "content-type") == "text/event-stream")
            #expect(response.headers.first(name: "cache-control") == "no-cache, no-transform")
            var text = ""
            var published = false
            for try await chunk in response.body {
                text += String(buffer: chunk)
                // The position comes once the log is being read.
                if !published, text.contains("id: ") {
                    published = true
                    let events = [try event("other", "0"), try event("user.42", "{ \"n\": 1 }")]
                    _ = try await harness.log.append(events)
                }
                if text.contains("data: ") { break }
            }
            #expect(text.hasPrefix(": gatecast tail\n\n"))
            #expect(text.hasSuffix("\"topic\":\"user.42\",\"data\":{ \"n\": 1 }}\n\n"))
            #expect(!text.contains("other"))
        }
    }

    @Test("Lets go of the log when the terminal has gone, even where nothing was published")
    func terminalGone() async throws {
        let log = WatchedLog(log: try EmbeddedEventLog())
        try await withTail(log: log) { _, _, response in
            for try await chunk in response.body where String(buffer: chunk).contains("id: ") { break }
        } whileRunning: {
            for await _ in log.ends { break }
        }
    }

    @Test("A shutdown ends a tail that is still open")
    func shutdown() async throws {
        try await withTail { _, group, response in
            var text = ""
            for try await chunk in response.body {
                text += String(buffer: chunk)
                if text.contains("id: ") { await group.triggerGracefulShutdown() }
            }
            #expect(text.hasPrefix(": gatecast tail\n\n"))
        }
    }

    @Test("An overflow ends the response although log and lane go on")
    func overflow() async throws {
        let harness = try AdminHarness()
        let sink = TailSink(filters: [], since: nil)
        for _ in 0...TailSink.capacity { sink.ephemeral(try Topic("a"), data: [UInt8(ascii: "1")]) }
        let collected = Collected()
        var writer: any ResponseBodyWriter = CollectingWriter(into: collected)
        try await AdminEventRoutes(events: harness.events).stream(sink, to: &writer)
        #expect(collected.chunks.withLock(\.count) == 1 + TailSink.capacity)
    }
}

/// Tells when a reader has ended.
private struct WatchedLog: EventLog {
    let log: EmbeddedEventLog
    let ends: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init(log: EmbeddedEventLog) {
        self.log = log
        (ends, continuation) = AsyncStream.makeStream()
    }

    var readiness: LogReadiness { log.readiness }
    func append(_ events: [NewEvent]) async throws(EventLogError) -> [Appended] { try await log.append(events) }
    func extent() async throws(EventLogError) -> LogExtent { try await log.extent() }

    func run(into sink: any EventLogSink) async throws {
        defer { continuation.yield() }
        try await log.run(into: sink)
    }
}

private final class Collected: Sendable {
    let chunks = Mutex<[ByteBuffer]>([])
}

private struct CollectingWriter: ResponseBodyWriter {
    let collected: Collected

    init(into collected: Collected) { self.collected = collected }

    mutating func write(_ buffer: ByteBuffer) async throws { collected.chunks.withLock { $0.append(buffer) } }
    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
