// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import EventLog
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Live
import Logging
import NIOPosix
import Settings
import Wire

@testable import Gateway

/// An admin listener over the embedded log and lane.
struct AdminHarness {
    static let token = "0123456789abcdef"
    static let logger = Logger(label: "gateway-tests") { _ in SwiftLogNoOpLogHandler() }

    /// The bearer, for requests that need it.
    static let bearer: HTTPFields = [.authorization: "Bearer \(token)"]
    static let maxData = 64

    let log: EmbeddedEventLog
    let lane = EmbeddedEphemeralLane()
    let hub: Hub
    let readiness: Readiness
    let token: Secret?
    /// What `GET /status` tells of.
    var configuration: RunningConfiguration?
    /// Whether there is the operator's page.
    var console = true

    /// - Parameter problem: what a check named `redis` says.
    init(token: String? = Self.token, problem: String? = nil) throws {
        log = try EmbeddedEventLog()
        self.token = token.map(Secret.init)
        readiness = Readiness(checks: [.init("log") { nil }, .init("redis") { problem }])
        hub = Hub(
            settings: LiveSettings(),
            log: log,
            lane: lane,
            group: MultiThreadedEventLoopGroup.singleton,
            sessionCheck: { _ in .unknown },
            logger: Self.logger
        )
    }

    var events: AdminEvents { AdminEvents(log: log, lane: lane, maxData: Self.maxData) }

    /// - Parameter events: nil for the harness's own.
    func server(
        events: AdminEvents? = nil,
        onListening: @escaping @Sendable (ListenAddress) -> Void = { _ in }
    ) -> AdminServer {
        let address = ListenAddress(host: "127.0.0.1", port: 0)
        var server = AdminServer(
            settings: AdminSettings(listen: address, token: token, console: console),
            events: events ?? self.events,
            hub: hub,
            sessions: nil,
            readiness: readiness,
            metrics: { "requests_total 1\n" },
            logger: Self.logger,
            onListening: onListening
        )
        server.configuration = configuration
        server.version = "1.2.3"
        return server
    }

    /// Requests against the router alone, no socket between.
    func test(_ body: @escaping @Sendable (any TestClientProtocol) async throws -> Void) async throws {
        try await Application(router: server().router(), logger: Self.logger).test(.router) { try await body($0) }
    }

    /// Everything the log holds now.
    func entries() async throws -> [LogEntry] {
        let sink = Preloaded()
        return await withThrowingTaskGroup { group in
            group.addTask { try await log.run(into: sink) }
            defer { group.cancelAll() }
            for await entries in sink.tails { return entries }
            return []
        }
    }

    private struct Preloaded: EventLogSink {
        let tails: AsyncStream<[LogEntry]>
        private let out: AsyncStream<[LogEntry]>.Continuation

        init() { (tails, out) = AsyncStream.makeStream() }

        func preload(_ tail: [LogEntry], floor: Cursor, position: Cursor) { out.yield(tail) }
        func append(_ batch: [LogEntry]) {}
        func lost(_ why: GapReason, continuingAt position: Cursor, oldest: Cursor) {}
    }
}
