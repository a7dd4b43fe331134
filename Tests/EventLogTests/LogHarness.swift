// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import EventLog
import Foundation
import Logging
import NIOPosix
import Redis
import Synchronization
import TestSupport
import Testing
import Wire

/// What a sink was told, in order.
final class RecordingSink: EventLogSink, EphemeralSink {
    enum Call: Sendable, Hashable {
        case preload([LogEntry], floor: Cursor, position: Cursor)
        case append([LogEntry])
        case lost(GapReason, continuingAt: Cursor, oldest: Cursor)
        case ephemeral(String, String)
    }

    private let recorded = Mutex<[Call]>([])

    var calls: [Call] { recorded.withLock { $0 } }

    var entries: [LogEntry] {
        calls.flatMap { call -> [LogEntry] in
            switch call {
            case .preload(let tail, _, _): tail
            case .append(let batch): batch
            case .lost, .ephemeral: []
            }
        }
    }

    var losses: [(why: GapReason, position: Cursor, oldest: Cursor)] {
        calls.compactMap {
            if case .lost(let why, let position, let oldest) = $0 { (why, position, oldest) } else { nil }
        }
    }

    var preloaded: (tail: [LogEntry], floor: Cursor, position: Cursor)? {
        for case .preload(let tail, let floor, let position) in calls { return (tail, floor, position) }
        return nil
    }

    func preload(_ tail: [LogEntry], floor: Cursor, position: Cursor) {
        recorded.withLock { $0.append(.preload(tail, floor: floor, position: position)) }
    }

    func append(_ batch: [LogEntry]) { recorded.withLock { $0.append(.append(batch)) } }

    func lost(_ why: GapReason, continuingAt position: Cursor, oldest: Cursor) {
        recorded.withLock { $0.append(.lost(why, continuingAt: position, oldest: oldest)) }
    }

    func ephemeral(_ topic: Topic, data: [UInt8]) {
        recorded.withLock { $0.append(.ephemeral(topic.name, String(decoding: data, as: UTF8.self))) }
    }
}

/// The forms of the log that the contract holds for.
enum LogForm: String, CaseIterable, CustomTestStringConvertible, Sendable {
    case memory, file, redis

    static let available = allCases.filter { $0 != .redis || RedisProcess.isAvailable }

    var testDescription: String { rawValue }

    func with(_ limits: LogLimits = LogLimits(), _ body: (any EventLog) async throws -> Void) async throws {
        switch self {
        case .memory:
            try await body(EmbeddedEventLog(limits: limits))
        case .file:
            let directory = FileManager.default.temporaryDirectory.path + "/gatecast-log-" + UUID().uuidString
            defer { try? FileManager.default.removeItem(atPath: directory) }
            let log = try EmbeddedEventLog(file: directory + "/log.sqlite", limits: limits)
            try await body(log)
            try log.close()
        case .redis:
            try await RedisProcess.with { server in
                try await withRedis(server) { client in
                    try await body(RedisEventLog.quick(client, limits: limits))
                }
            }
        }
    }
}

func withRedis(_ server: RedisProcess, _ body: (RedisClient) async throws -> Void) async throws {
    var settings = server.settings
    settings.backoff = RedisBackoff(base: .milliseconds(5), limit: .milliseconds(20))
    let client = try RedisClient(settings: settings, group: MultiThreadedEventLoopGroup.singleton, logger: quiet)
    let running = Task { try await client.run() }
    defer { running.cancel() }
    try await client.waitUntilConnected()
    try await body(client)
}

let quiet: Logger = {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
}()

extension RedisEventLog {
    static func quick(
        _ client: RedisClient,
        limits: LogLimits = LogLimits(),
        onFailover: FailoverRule = .reset,
        node: String = "n1"
    ) -> RedisEventLog {
        var timing = LogTiming()
        timing.patience = .milliseconds(700)
        timing.trim = .milliseconds(50)
        timing.block = .milliseconds(20)
        timing.check = .milliseconds(30)
        timing.probe = .milliseconds(100)
        return RedisEventLog(
            client: client,
            limits: limits,
            timing: timing,
            onFailover: onFailover,
            node: node,
            logger: quiet
        )
    }
}

/// Runs a reader while the body does.
func reading(_ log: any EventLog, into sink: RecordingSink, _ body: () async throws -> Void) async throws {
    let running = Task { try await log.run(into: sink) }
    defer { running.cancel() }
    try await eventually { sink.preloaded != nil }
    try await body()
    running.cancel()
    try await running.value
}

func event(_ topic: String, _ data: String, key: String? = nil) throws -> NewEvent {
    NewEvent(topic: try Topic(topic), data: Array(data.utf8), key: key)
}
