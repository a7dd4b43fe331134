// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import EventLog
import Foundation
import Logging
import NIOCore
import NIOEmbedded
import StrictJSON
import Wire

@testable import Live

/// A hub on one embedded loop, fed by hand: time and log move only when a test says so.
final class LiveHarness {
    let loop = EmbeddedEventLoop()
    let hub: Hub
    let wall = Date(timeIntervalSince1970: 1_767_000_000)
    private var channels: [EmbeddedChannel] = []

    init(settings: LiveSettings = LiveSettings(), preloaded: Bool = true, position: Cursor = Cursor(100)) {
        let wall = wall
        hub = Hub(
            settings: settings,
            log: SilentLog(),
            lane: SilentLane(),
            group: loop,
            sessionCheck: { _ in .unknown },
            wallClock: { wall },
            logger: Logger(label: "live-tests") { _ in SwiftLogNoOpLogHandler() }
        )
        guard preloaded else { return }
        hub.reader.preload([], floor: Cursor(10), position: position)
        loop.run()
    }

    var shard: HubShard { hub.shard(on: loop) }

    func identity(_ subject: String = "42", session: String? = nil, endsIn: TimeInterval? = nil) -> LiveIdentity {
        LiveIdentity(
            subject: subject,
            claims: ["org": "acme"],
            session: session.map { .init(key: LiveSessionKey(Array($0.utf8)), publicID: "public-\($0)") },
            endsAt: endsIn.map { wall.addingTimeInterval($0) }
        )
    }

    func request(
        _ topics: [String] = [],
        since: String? = nil,
        identity: LiveIdentity? = nil,
        refusal: CloseCode? = nil
    ) -> JoinRequest {
        JoinRequest(
            identity: identity ?? self.identity(),
            refusal: refusal,
            topics: topics,
            since: since,
            remoteAddress: "127.0.0.1"
        )
    }

    func connect(_ request: JoinRequest) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(loop: loop)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try channel.pipeline.syncOperations.addHandler(WebSocketHandler(shard: shard, join: request))
        loop.run()
        return channel
    }

    func publish(_ topic: String, _ ids: UInt64...) throws {
        hub.reader.append(
            try ids.map { LogEntry(id: Cursor($0), topic: try Topic(topic), body: .data(Array("\($0)".utf8))) }
        )
        loop.run()
    }
}

extension Cursor {
    init(_ milliseconds: UInt64) { self.init(milliseconds: milliseconds, sequence: 0) }
}

extension EmbeddedChannel {
    /// What was written since the last call, one text per frame: a text's payload, or `close 4001 name`, `ping`, `pong`.
    func frames() throws -> [String] {
        var bytes = ByteBuffer()
        while var part = try readOutbound(as: ByteBuffer.self) { bytes.writeBuffer(&part) }
        var frames: [String] = []
        while let first = bytes.readInteger(as: UInt8.self), let second = bytes.readInteger(as: UInt8.self) {
            var length = Int(second)
            if second == 126 { length = Int(bytes.readInteger(as: UInt16.self) ?? 0) }
            if second == 127 { length = Int(bytes.readInteger(as: UInt64.self) ?? 0) }
            var payload = bytes.readSlice(length: length) ?? ByteBuffer()
            switch first {
            case 0x81: frames.append(String(buffer: payload))
            case 0x88:
                let code = payload.readInteger(as: UInt16.self).map(String.init) ?? "-"
                frames.append("close \(code) " + String(buffer: payload))
            case 0x89: frames.append("ping")
            case 0x8A: frames.append("pong " + String(buffer: payload))
            default: frames.append("opcode \(first)")
            }
        }
        return frames
    }

    /// As a channel does it: the state, then the event.
    func setWritable(_ isWritable: Bool) {
        self.isWritable = isWritable
        pipeline.fireChannelWritabilityChanged()
    }

    func send(_ text: String) throws { try writeInbound(ClientFrames.frame(0x1, Array(text.utf8))) }
}

enum ClientFrames {
    static func frame(
        _ opcode: UInt8,
        _ payload: [UInt8],
        isFinal: Bool = true,
        mask: [UInt8]? = [0x12, 0x34, 0x56, 0x78]
    ) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeInteger((isFinal ? 0x80 : 0) | opcode)
        let flag: UInt8 = mask == nil ? 0 : 0x80
        if payload.count < 126 {
            buffer.writeInteger(flag | UInt8(payload.count))
        } else if payload.count <= 0xFFFF {
            buffer.writeInteger(flag | 126)
            buffer.writeInteger(UInt16(payload.count))
        } else {
            buffer.writeInteger(flag | 127)
            buffer.writeInteger(UInt64(payload.count))
        }
        guard let mask else {
            buffer.writeBytes(payload)
            return buffer
        }
        buffer.writeBytes(mask)
        buffer.writeBytes(payload.enumerated().map { $1 ^ mask[$0 % 4] })
        return buffer
    }
}

/// Seeded, so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

private struct SilentLog: EventLog {
    func append(_ events: [NewEvent]) async throws(EventLogError) -> [Appended] { [] }
    func run(into sink: any EventLogSink) async throws {}
    func extent() async throws(EventLogError) -> LogExtent { LogExtent(first: .zero, last: .zero, mark: .zero) }
    var readiness: LogReadiness { .ready }
}

private struct SilentLane: EphemeralLane {
    func publish(_ topic: Topic, data: [UInt8]) async throws(EventLogError) {}
    func run(into sink: any EphemeralSink) async throws {}
}
