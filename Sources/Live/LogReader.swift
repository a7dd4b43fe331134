// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import EventLog
internal import Foundation
internal import Logging
internal import Metrics
internal import NIOCore
internal import StrictJSON
internal import Synchronization
package import Wire

/// The one reader of the log on this node: frames each entry once, puts it into the ring, moves `Live-Cursor`, and wakes
/// every loop once. Called serially by the log and by the ephemeral lane, each on a thread of its own.
package final class LogReader: EventLogSink, EphemeralSink {
    /// So many topics are remembered with their keys; beyond it the memory starts anew.
    private static let maxTopics = 16_384

    private let core: HubCore
    private let shards: Shards
    /// Topics with their keys; the log's calls and the lane's meet here, once per batch.
    private let topics = Mutex<[Topic: RoutedTopic]>([:])

    init(core: HubCore, shards: Shards) {
        self.core = core
        self.shards = shards
    }

    package func preload(_ tail: [LogEntry], floor: Cursor, position: Cursor) {
        core.ring.start(floor: floor)
        _ = core.ring.append(tail.compactMap(frame))
        core.metrics.ringBytes.record(core.ring.bytes)
        core.position.store(position)
        core.isPreloaded.store(true, ordering: .releasing)
        shards.post(.preloaded(position))
        core.logger.debug(
            "live log preloaded",
            metadata: ["entries": "\(tail.count)", "floor": "\(floor)", "position": "\(position)"]
        )
    }

    package func append(_ batch: [LogEntry]) {
        guard let position = batch.last?.id else { return }
        let records = core.ring.append(batch.compactMap(frame))
        core.metrics.logEvents.increment(by: records.count)
        core.metrics.ringBytes.record(core.ring.bytes)
        core.position.store(position)
        measure(position)
        shards.post(.batch(LiveBatch(records: records, position: position, readAt: .now())))
        for entry in batch where entry.topic.isReserved { carryOut(entry) }
    }

    /// How old the newest entry is, and how far back the ring goes, both by the clock of the log.
    private func measure(_ position: Cursor) {
        let now = UInt64(max(0, core.wallClock().timeIntervalSince1970 * 1000))
        core.metrics.logAge.record(now > position.milliseconds ? Double(now - position.milliseconds) / 1000 : 0)
        let oldest = core.ring.snapshot.oldest
        let span = position > oldest ? position.milliseconds - oldest.milliseconds : 0
        core.metrics.ringSpan.record(Double(span) / 1000)
    }

    package func lost(_ why: GapReason, continuingAt position: Cursor, oldest: Cursor) {
        core.ring.lost(oldest: oldest, clearing: why == .reset)
        core.position.store(position)
        shards.post(.lost(why, position: position))
        core.logger.warning(
            "live log lost events",
            metadata: ["why": "\(why.rawValue)", "position": "\(position)", "oldest": "\(oldest)"]
        )
    }

    package func ephemeral(_ topic: Topic, data: [UInt8]) {
        guard !topic.isReserved else { return }
        guard core.settings.limits.event == 0 || data.count <= core.settings.limits.event else {
            core.metrics.tooBig.increment()
            return
        }
        var payload = ByteBuffer()
        ServerFrame.event(id: nil, topic: topic, data: data, into: &payload)
        let record = LiveRecord(ephemeral: FramedEntry(id: .zero, topic: routed(topic), payload: payload))
        core.metrics.ephemeralEvents.increment()
        shards.post(.batch(LiveBatch(records: [record], position: nil, readAt: .now())))
    }

    /// nil for our own topics, which nobody can subscribe to.
    private func frame(_ entry: LogEntry) -> FramedEntry? {
        guard !entry.topic.isReserved else { return nil }
        var payload = ByteBuffer()
        switch entry.body {
        case .data(let data) where core.settings.limits.event == 0 || data.count <= core.settings.limits.event:
            ServerFrame.event(id: entry.id, topic: entry.topic, data: data, into: &payload)
        case .data, .unreadable:
            core.metrics.unreadable.increment()
            core.logger.warning(
                "live log entry is unreadable",
                metadata: ["id": "\(entry.id)", "topic": "\(entry.topic)"]
            )
            ServerFrame.gap(topic: entry.topic.name, from: nil, id: entry.id, why: .unreadable, into: &payload)
        }
        return FramedEntry(id: entry.id, topic: routed(entry.topic), payload: payload)
    }

    private func routed(_ topic: Topic) -> RoutedTopic {
        topics.withLock { topics in
            if let known = topics[topic] { return known }
            if topics.count >= LogReader.maxTopics { topics.removeAll(keepingCapacity: true) }
            let routed = RoutedTopic(topic)
            topics[topic] = routed
            return routed
        }
    }

    // MARK: Entries of ours

    private func carryOut(_ entry: LogEntry) {
        switch entry.topic.name {
        case "$close": carryOutClose(entry)
        case "$broadcast": carryOutBroadcast(entry)
        default: break
        }
    }

    /// `POST /broadcast` of any node: `{"topic":…, "to":…, "data":…}`.
    private func carryOutBroadcast(_ entry: LogEntry) {
        guard case .data(let bytes) = entry.body, let request = LogReader.broadcast(bytes) else {
            core.metrics.unreadable.increment()
            core.logger.warning("live broadcast is unreadable", metadata: ["id": "\(entry.id)"])
            return
        }
        var payload = ByteBuffer()
        ServerFrame.event(id: nil, topic: request.topic, data: Array(request.data), into: &payload)
        let record = LiveRecord(ephemeral: FramedEntry(id: .zero, topic: routed(request.topic), payload: payload))
        shards.post(.broadcast(record, to: request.to))
    }

    /// The log has checked that it is JSON; `data` is cut out as it came.
    private static func broadcast(_ bytes: [UInt8]) -> (topic: Topic, to: TopicFilter?, data: ArraySlice<UInt8>)? {
        guard let members = try? JSONScanner.members(ofObject: bytes), let value = try? JSONScanner.parse(bytes),
            let topic = value["topic"]?.string.flatMap({ try? Topic($0) }),
            let data = members.first(where: { $0.name == "data" })?.value
        else { return nil }
        guard let text = value["to"]?.string else { return (topic, nil, bytes[data]) }
        guard let to = try? TopicFilter(text) else { return nil }
        return (topic, to, bytes[data])
    }

    /// `POST /disconnect` of any node: `{"user":…}` or `{"session":…}`, of `POST /revocations` also `{"token":…}`, and perhaps `"code"` (live.md §7).
    private func carryOutClose(_ entry: LogEntry) {
        guard case .data(let data) = entry.body, let (target, code) = LogReader.close(data) else {
            core.metrics.unreadable.increment()
            core.logger.warning("live close request is unreadable", metadata: ["id": "\(entry.id)"])
            return
        }
        shards.post(.close(target, code, since: .now()))
    }

    private static func close(_ data: [UInt8]) -> (CloseTarget, CloseCode)? {
        guard let request = try? JSONScanner.parse(data) else {
            // The log has checked it before; whatever it is, it is no request to close.
            return nil
        }
        let code = request["code"]?.integer.flatMap(UInt16.init(exactly:)).flatMap(CloseCode.init(rawValue:))
        if let user = request["user"]?.string { return (.user(user), code ?? .sessionEnded) }
        if let session = request["session"]?.string { return (.publicSession(session), code ?? .sessionEnded) }
        if let token = request["token"]?.string { return (.token(token), code ?? .sessionEnded) }
        return nil
    }
}
