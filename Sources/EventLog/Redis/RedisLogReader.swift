// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Logging
internal import Metrics
internal import Redis
internal import Wire

/// One reader of the Redis log, on its own connection, for one sink. Acts; `LogReaderState` decides.
struct RedisLogReader {
    /// Entries of one XREVRANGE page while booting.
    private static let page = 256
    /// What one XREAD should bring, in bytes, and its bounds in entries.
    private static let readBytes = 1 << 20
    private static let readEntries = 16...1024

    private static let newestPossible = Cursor(milliseconds: .max, sequence: .max)

    let keys: LogKeys
    let limits: LogLimits
    let timing: LogTiming
    let onFailover: FailoverRule
    /// Nil for a reader beside the node's own, which is not watched.
    let probe: LogProbe?
    let sink: any EventLogSink
    let logger: Logger
    /// Told when the tail was handed over, and whenever the connection is lost.
    let report: @Sendable (LogReadiness) -> Void

    private var state = LogReaderState()
    private var decoder: StreamDecoder
    private var lastProbe = Cursor.zero
    private var meanBytes = 512
    private var nextCheck = ContinuousClock.now
    /// After a reply larger than a connection takes: so many reads are still made one by one.
    private var carefulReads = 0
    /// Even one entry was too large: it is stepped over by its id.
    private var stepsOver = false
    /// The tail ends above here, since a page below was too large to be read.
    private var bootLimit: Cursor?

    init(
        keys: LogKeys,
        limits: LogLimits,
        timing: LogTiming,
        onFailover: FailoverRule,
        probe: LogProbe?,
        sink: any EventLogSink,
        logger: Logger,
        report: @escaping @Sendable (LogReadiness) -> Void
    ) {
        self.keys = keys
        self.limits = limits
        self.timing = timing
        self.onFailover = onFailover
        self.probe = probe
        self.sink = sink
        self.logger = logger
        self.report = report
        self.decoder = StreamDecoder(limits: limits)
    }

    var hasBooted: Bool { state.isBooted }

    /// Reads on this connection until it breaks. `proved` is called once an answer to XREAD came.
    mutating func read(on connection: RedisConnection, proved: () -> Void) async throws(RedisError) {
        lastProbe = try await newest(of: keys.probe, on: connection)
        try await adopt(try await mark(on: connection, disbelieving: nil), on: connection)
        report(.ready)
        nextCheck = .now
        while !Task.isCancelled {
            do throws(RedisError) {
                if stepsOver { try await stepOver(on: connection) }
                try await step(on: connection)
            } catch {
                if error.code == .replyTooLarge {
                    stepsOver = carefulReads > 0
                    carefulReads = Self.readEntries.upperBound
                }
                throw error
            }
            proved()
        }
    }

    // MARK: One turn

    private mutating func step(on connection: RedisConnection) async throws(RedisError) {
        let isDue = nextCheck <= .now && !state.isChecking
        let usual = min(max(Self.readBytes / meanBytes, Self.readEntries.lowerBound), Self.readEntries.upperBound)
        let count = carefulReads > 0 ? 1 : usual
        let read: [RedisArgument] = [
            "XREAD", "COUNT", RedisArgument(count), "BLOCK", RedisArgument(timing.block.wholeMilliseconds),
            "STREAMS", .string(keys.log), .string(keys.probe), .string("\(state.last)"), .string("\(lastProbe)"),
        ]
        let check: [RedisArgument] = ["EVAL", .string(LogScripts.check), 1, .string(keys.log)]
        let replies = try await connection.pipeline(
            isDue ? [check, read] : [read],
            timeout: timing.block + timing.patience
        )
        if isDue {
            nextCheck = .now + timing.check
            let stream = try Self.check(replies[0])
            let verdict = state.checked(stream?.check)
            if verdict == .disbelieve {
                logger.warning("event log went backwards", metadata: ["position": "\(state.last)"])
                return try await adopt(try await mark(on: connection, disbelieving: state.mark), on: connection)
            }
            tell(verdict)
        }
        try await take(replies[replies.count - 1], on: connection)
        carefulReads = max(0, carefulReads - 1)
    }

    private mutating func take(_ reply: RESPValue, on connection: RedisConnection) async throws(RedisError) {
        if case .error(let text) = reply { throw RedisError(.server(text)) }
        for entry in try StreamEntry.of(keys.probe, in: reply) {
            lastProbe = entry.id
            guard let probe, let node = entry.text("node"), let number = entry.text("n").flatMap({ UInt64($0) }) else {
                continue
            }
            if node == probe.node { probe.returned(.log, number) } else { probe.heard(of: node) }
        }
        let raw = try StreamEntry.of(keys.log, in: reply)
        let verdict = state.read(raw.map(\.id))
        let batch = decoder.decode(raw)
        count(batch)
        if !batch.entries.isEmpty {
            sink.append(batch.entries)
            let bytes = batch.entries.reduce(0) { $0 + $1.weight } / batch.entries.count
            meanBytes = max(64, (meanBytes * 7 + bytes) / 8)
        }
        tell(verdict)
        // Another node disbelieved the mark; whether this entry is a real one only the mark itself can tell.
        if let mark = state.mark, batch.marks.contains(where: { $0 != mark }) {
            try await adopt(try await self.mark(on: connection, disbelieving: nil), on: connection)
        }
    }

    private func tell(_ verdict: LogReaderState.Verdict) {
        guard case .trimmed(let loss) = verdict else { return }
        LogMetrics.missed.increment()
        logger.warning("event log trimmed unread", metadata: ["position": "\(loss.position)"])
        sink.lost(.trimmed, continuingAt: loss.position, oldest: loss.oldest)
    }

    private func count(_ batch: StreamDecoder.Batch) {
        LogMetrics.rejected(.topic, by: batch.dropped)
        LogMetrics.rejected(.duplicate, by: batch.duplicates)
        LogMetrics.rejected(.data, by: batch.unreadable)
        if batch.dropped + batch.unreadable > 0 {
            logger.warning(
                "event log entries refused",
                metadata: ["without_topic": "\(batch.dropped)", "unreadable": "\(batch.unreadable)"]
            )
        }
    }

    // MARK: Marks

    private func mark(on connection: RedisConnection, disbelieving: Cursor?) async throws(RedisError) -> LogMark {
        let reply = try await connection.eval(
            LogScripts.mark,
            keys: [.string(keys.log), .string(keys.mark)],
            arguments: [
                .string(disbelieving?.description ?? ""), .string(onFailover.rawValue), .string("\(state.highest)"),
            ]
        )
        return try LogMark(reply)
    }

    private mutating func adopt(_ mark: LogMark, on connection: RedisConnection) async throws(RedisError) {
        switch state.connected(mark: mark) {
        case .resume:
            return
        case .boot:
            try await boot(mark.id, on: connection)
        case .reset(let loss):
            LogMetrics.marks.increment()
            logger.warning("event log is another one", metadata: ["mark": "\(mark.id)"])
            decoder.forget()
            sink.lost(.reset, continuingAt: loss.position, oldest: loss.oldest)
        }
    }

    // MARK: Boot

    private mutating func boot(_ mark: Cursor, on connection: RedisConnection) async throws(RedisError) {
        let before = try await check(on: connection)
        var pages: [[StreamEntry]] = []
        var budget = limits.retainedBytes
        var end: Cursor?
        var isWhole = false
        while budget > 0 {
            if let bootLimit, end ?? Self.newestPossible <= bootLimit { break }
            let page = try await page(before: end, mark: mark, on: connection)
            pages.append(page.reversed())
            budget -= page.reduce(0) { $0 + ($1["data"]?.count ?? 0) + 64 }
            guard page.count == Self.page, let oldest = page.last else {
                isWhole = true
                break
            }
            end = oldest.id
        }
        bootLimit = nil
        let raw = Array(pages.reversed().joined())
        // Asked again: it may have been trimmed while the tail was loaded.
        let after = try await check(on: connection)
        let reachesMark = isWhole && after.first.map { $0 <= mark } == true
        let floor = state.booted(before.check, loaded: raw.map(\.id), isWhole: reachesMark)
        let batch = decoder.decode(raw)
        count(batch)
        sink.preload(batch.entries, floor: floor, position: state.last)
        logger.info("event log loaded", metadata: ["entries": "\(raw.count)", "position": "\(state.last)"])
    }

    /// Newest first.
    private mutating func page(
        before end: Cursor?,
        mark: Cursor,
        on connection: RedisConnection
    ) async throws(RedisError) -> [StreamEntry] {
        let from = end.map { "(\($0)" } ?? "+"
        do throws(RedisError) {
            return try StreamEntry.list(
                try await connection.send(
                    [
                        "XREVRANGE", .string(keys.log), .string(from), .string("(\(mark)"), "COUNT",
                        RedisArgument(Self.page),
                    ]
                )
            )
        } catch {
            // The connection is gone; the next one loads a shorter tail.
            if error.code == .replyTooLarge { bootLimit = end ?? Self.newestPossible }
            throw error
        }
    }

    private func newest(of stream: String, on connection: RedisConnection) async throws(RedisError) -> Cursor {
        let reply = try await connection.send(["XREVRANGE", .string(stream), "+", "-", "COUNT", 1])
        return try StreamEntry.list(reply).first?.id ?? .zero
    }

    private mutating func stepOver(on connection: RedisConnection) async throws(RedisError) {
        let reply = try await connection.eval(
            LogScripts.nextID,
            keys: [.string(keys.log)],
            arguments: [.string("\(state.last)")]
        )
        stepsOver = false
        guard let id = reply.string.flatMap({ Cursor($0) }) else { return }
        let loss = state.stepped(over: id)
        LogMetrics.rejected(.data)
        logger.warning("event log entry too large to be read", metadata: ["id": "\(id)"])
        sink.lost(.unreadable, continuingAt: loss.position, oldest: loss.oldest)
    }

    // MARK: Checks

    private func check(on connection: RedisConnection) async throws(RedisError) -> StreamInfo {
        let reply = try await connection.eval(LogScripts.check, keys: [.string(keys.log)])
        guard let info = try Self.check(reply) else { throw RedisError(.closed, "the log vanished while it was read") }
        return info
    }

    private struct StreamInfo {
        let check: LogReaderState.Check
        let first: Cursor?
    }

    /// Nil: there is no such stream.
    private static func check(_ reply: RESPValue) throws(RedisError) -> StreamInfo? {
        if case .error(let text) = reply { throw RedisError(.server(text)) }
        guard let parts = reply.array else { throw RedisError(.badReply, "no answer to a check") }
        if parts.isEmpty { return nil }
        guard parts.count == 3, let last = parts[0].string.flatMap({ Cursor($0) }), let added = parts[1].integer else {
            throw RedisError(.badReply, "no answer to a check")
        }
        return StreamInfo(
            check: .init(lastGenerated: last, added: added),
            first: parts[2].string.flatMap { Cursor($0) }
        )
    }
}
