// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Logging
internal import Metrics
package import Redis
internal import Synchronization
package import Wire

/// The log on one Redis stream, shared by every node and open to every publisher that can `XADD`. Redis 7.0 or newer.
package final class RedisEventLog: EventLog {
    private struct Shared {
        /// The first run of this process: it is watched by the probe and speaks for `readiness`.
        var hasWatchedRun = false
        var readiness = LogReadiness.notReady("the log has not been read yet")
        /// Reading and commanding are two connections, and at the start one may come long before the other. Later the
        /// probe speaks for both.
        var hasCommanded = false
    }

    private let client: RedisClient
    private let keys: LogKeys
    private let rules: LogRules
    private let timing: LogTiming
    private let onFailover: FailoverRule
    private let logger: Logger
    private let shared = Mutex(Shared())
    private let extents = SingleFlight<LogExtent, EventLogError>()
    /// For the ephemeral lane of the same node.
    package let probe: LogProbe

    /// - Parameters:
    ///   - client: run by the caller; reading takes connections of its own beside it.
    ///   - key: the stream; other keys stand beside it (`gatecast:mark`, `gatecast:probe`, `gatecast:key:…`).
    ///   - node: this process among those sharing the log; must differ between them.
    package init(
        client: RedisClient,
        key: String = "gatecast:log",
        limits: LogLimits = LogLimits(),
        timing: LogTiming = LogTiming(),
        onFailover: FailoverRule = .reset,
        node: String = String(UInt64.random(in: .min ... .max), radix: 36),
        logger: Logger
    ) {
        self.client = client
        self.keys = LogKeys(log: key)
        self.rules = LogRules(limits: limits)
        self.timing = timing
        self.onFailover = onFailover
        self.logger = logger
        self.probe = LogProbe(node: node, interval: timing.probe)
    }

    package var hasPeers: Bool { probe.hasPeers }

    package var isReady: Bool { readiness.isReady }

    package var readiness: LogReadiness {
        let isConnected = client.isConnected
        let readiness = shared.withLock { shared -> LogReadiness in
            if isConnected { shared.hasCommanded = true }
            guard shared.readiness.isReady, !shared.hasCommanded else { return shared.readiness }
            return .notReady("Redis has taken no command yet")
        }
        guard readiness.isReady, let problem = probe.problem else { return readiness }
        return .notReady(problem)
    }

    // MARK: Writing

    package func append(_ events: [NewEvent]) async throws(EventLogError) -> [Appended] {
        try rules.check(events)
        guard !events.isEmpty else { return [] }
        var names: [RedisArgument] = [.string(keys.log)]
        var words: [RedisArgument] = [RedisArgument(rules.limits.keyLifetime.wholeMilliseconds)]
        for event in events {
            names.append(.string(event.key.map { keys.published(event.topic.name, $0) } ?? keys.log))
            words += [.string(event.topic.name), .bytes(event.data), .string(event.key ?? "")]
        }
        let start = ContinuousClock.now
        let reply: RESPValue
        do throws(RedisError) {
            reply = try await client.eval(LogScripts.append, keys: names, arguments: words)
        } catch {
            throw EventLogError(.unavailable, error.description)
        }
        let answers = (reply.array ?? []).compactMap { pair -> Appended? in
            guard let parts = pair.array, parts.count == 2, let id = parts[0].string.flatMap({ Cursor($0) }) else {
                return nil
            }
            return Appended(id: id, duplicate: parts[1].integer == 1)
        }
        guard answers.count == events.count else { throw EventLogError(.unavailable, "Redis answered something else") }
        LogMetrics.append.record(duration: .now - start)
        return answers
    }

    package func extent() async throws(EventLogError) -> LogExtent {
        try await extents.run { () async throws(EventLogError) in
            do throws(RedisError) {
                return try await askExtent()
            } catch {
                throw EventLogError(.unavailable, error.description)
            }
        }
    }

    private func askExtent() async throws(RedisError) -> LogExtent {
        let replies = try await client.pipeline([
            [
                "EVAL", .string(LogScripts.mark), 2, .string(keys.log), .string(keys.mark), "",
                .string(onFailover.rawValue), "0-0",
            ],
            ["EVAL", .string(LogScripts.check), 1, .string(keys.log)],
        ])
        for reply in replies {
            if case .error(let text) = reply { throw RedisError(.server(text)) }
        }
        let mark = try LogMark(replies[0]).id
        guard let parts = replies[1].array, parts.count == 3,
            let last = parts[0].string.flatMap({ Cursor($0) })
        else { throw RedisError(.badReply, "no extent") }
        let first = parts[2].string.flatMap { Cursor($0) } ?? last
        return LogExtent(first: max(first, mark), last: max(last, mark), mark: mark)
    }

    // MARK: Reading

    package func run(into sink: any EventLogSink) async throws {
        let isWatched = shared.withLock { shared in
            defer { shared.hasWatchedRun = true }
            return !shared.hasWatchedRun
        }
        guard isWatched else { return await read(into: sink, probe: nil) }
        defer { shared.withLock { $0 = Shared() } }
        // Three loops as long as the run: the probe has to go out while a blocking read waits, and so has the trimming.
        await withTaskGroup { group in
            group.addTask { await self.read(into: sink, probe: self.probe) }
            group.addTask { await self.sendProbes() }
            group.addTask { await self.trim() }
            await group.waitForAll()
        }
    }

    private func read(into sink: any EventLogSink, probe: LogProbe?) async {
        let report: @Sendable (LogReadiness) -> Void = { readiness in
            guard probe != nil else { return }
            self.shared.withLock { $0.readiness = readiness }
        }
        var reader = RedisLogReader(
            keys: keys,
            limits: rules.limits,
            timing: timing,
            onFailover: onFailover,
            probe: probe,
            sink: sink,
            logger: logger,
            report: report
        )
        let loop = client.anyEventLoop()
        var backoff = client.settings.backoff
        while !Task.isCancelled {
            do throws(RedisError) {
                let connection = try await client.connector.connect(on: loop)
                defer { connection.close() }
                try await session(&reader, on: connection, probe: probe) { backoff.reset() }
            } catch {
                guard !Task.isCancelled else { break }
                if !reader.hasBooted { report(.notReady("the log has not been read yet: \(error)")) }
                logger.warning("event log unreachable", metadata: ["reason": "\(error)"])
            }
            LogMetrics.reconnects.increment()
            // Cancellation ends the wait, and then the loop.
            try? await Task.sleep(for: backoff.next())
        }
    }

    private func session(
        _ reader: inout RedisLogReader,
        on connection: RedisConnection,
        probe: LogProbe?,
        proved: () -> Void
    ) async throws(RedisError) {
        probe?.attach(.log) { connection.close() }
        let result = await withTaskCancellationHandler {
            do throws(RedisError) {
                try await reader.read(on: connection, proved: proved)
                return Result<Void, RedisError>.success(())
            } catch {
                return .failure(error)
            }
        } onCancel: {
            connection.close()
        }
        try result.get()
    }

    // MARK: Housekeeping

    private func sendProbes() async {
        var next = ContinuousClock.now
        while !Task.isCancelled {
            // A round that could not be sent does not come back, and counts as missed: no other error handling is
            // needed.
            _ = try? await client.pipeline(probe.tick(stream: keys.probe))
            // From beginning to beginning: waiting for a frozen server's answer must not make the misses come slower.
            next = max(next + timing.probe, .now)
            try? await Task.sleep(until: next, clock: .continuous)
        }
        probe.detach(.log)
    }

    private func trim() async {
        while !Task.isCancelled {
            // Cancellation ends the wait, and then the loop.
            try? await Task.sleep(for: timing.trim)
            guard !Task.isCancelled else { return }
            do throws(RedisError) {
                try await trimOnce()
            } catch {
                logger.warning("event log not trimmed", metadata: ["reason": "\(error)"])
            }
        }
    }

    /// By age counted back from the newest id, which no clock of ours can falsify, and by length.
    private func trimOnce() async throws(RedisError) {
        let limits = rules.limits
        let reply = try await client.send("XREVRANGE", .string(keys.log), "+", "-", "COUNT", 1)
        guard let newest = try StreamEntry.list(reply).first?.id else { return }
        let retention = limits.retention.wholeMilliseconds
        let oldest = newest.milliseconds > retention ? newest.milliseconds - retention : 0
        _ = try await client.send("XTRIM", .string(keys.log), "MINID", "~", RedisArgument(oldest))
        _ = try await client.send("XTRIM", .string(keys.log), "MAXLEN", "~", RedisArgument(limits.retainedEntries))
    }
}
