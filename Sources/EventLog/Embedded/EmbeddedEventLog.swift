// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import GRDB
internal import Metrics
internal import Synchronization
package import Wire

/// The log of one process: in memory, and with a file in SQLite too, so that cursors survive a restart.
///
/// With a file, appends gather while the transaction before them runs and share the next one, at most 256 events: an
/// append alone waits for nothing, a crowd pays for one sync of the disk together. An event is visible only once
/// committed.
package final class EmbeddedEventLog: EventLog {
    private struct Shared {
        var log: EmbeddedLogState
        var queue = EmbeddedLogQueue()
        var waiters = LogWaiters()
        /// What the file last learnt of the floor.
        var storedFloor: Wire.Cursor
    }

    /// Entries handed to a sink at once.
    private static let batch = 1024

    private let shared: Mutex<Shared>
    private let file: EmbeddedLogFile?
    private let rules: LogRules
    private let now: @Sendable () -> UInt64

    /// Blocks while an existing file is read.
    /// - Parameters:
    ///   - file: path of the SQLite file, made if missing; nil keeps everything in memory.
    ///   - now: Unix milliseconds.
    package init(
        file: String? = nil,
        limits: LogLimits = LogLimits(),
        now: @escaping @Sendable () -> UInt64 = { UInt64(max(0, Date().timeIntervalSince1970 * 1000)) }
    ) throws {
        self.rules = LogRules(limits: limits)
        self.now = now
        if let file {
            let (opened, contents) = try EmbeddedLogFile.open(path: file, now: now())
            var log = EmbeddedLogState(mark: contents.mark, floor: contents.floor, limits: limits)
            log.restore(contents.entries)
            self.file = opened
            self.shared = Mutex(Shared(log: log, storedFloor: contents.floor))
        } else {
            let mark = Wire.Cursor(milliseconds: now(), sequence: 0)
            self.file = nil
            self.shared = Mutex(
                Shared(log: EmbeddedLogState(mark: mark, floor: mark, limits: limits), storedFloor: mark)
            )
        }
    }

    package var readiness: LogReadiness { .ready }

    /// Ends the file; appends fail from then on.
    package func close() throws { try file?.close() }

    package func extent() async throws(EventLogError) -> LogExtent { shared.withLock { $0.log.extent } }

    // MARK: Writing

    package func append(_ events: [NewEvent]) async throws(EventLogError) -> [Appended] {
        try rules.check(events)
        guard !events.isEmpty else { return [] }
        let start = ContinuousClock.now
        defer { LogMetrics.append.record(duration: .now - start) }
        guard let file else { return appendToMemory(events) }
        let result = await withCheckedContinuation { waiter in
            let (refused, starts) = shared.withLock { shared -> (Bool, Bool) in
                guard shared.queue.hasRoom else { return (true, false) }
                return (false, shared.queue.enqueue(.init(events: events, waiter: waiter)))
            }
            if refused {
                let error = EventLogError(.unavailable, "\(EmbeddedLogQueue.capacity) events are waiting for the disk")
                waiter.resume(returning: .failure(error))
            } else if starts {
                file.onWriter { self.commitGroups($0) }
            }
        }
        return try result.get()
    }

    private func appendToMemory(_ events: [NewEvent]) -> [Appended] {
        let now = now()
        let (answers, woken) = shared.withLock { shared in
            let assignment = shared.log.assign(events, now: now)
            shared.log.publish(assignment.entries)
            return (assignment.answers, shared.waiters.wakeAll())
        }
        for waiter in woken { waiter.resume() }
        return answers
    }

    /// On SQLite's writing queue, until nothing waits.
    private func commitGroups(_ db: GRDB.Database) {
        while let group = shared.withLock({ $0.queue.nextGroup() }) { commit(group, in: db) }
    }

    private func commit(_ group: [EmbeddedLogQueue.Append], in db: GRDB.Database) {
        let now = now()
        let (assignments, newFloor) = shared.withLock { shared in
            (
                group.map { shared.log.assign($0.events, now: now) },
                shared.log.floor == shared.storedFloor ? nil : shared.log.floor
            )
        }
        let entries = assignments.flatMap(\.entries)
        do {
            try EmbeddedLogFile.commit(entries, newFloor: newFloor, in: db)
        } catch {
            shared.withLock { $0.log.withdraw(entries) }
            let failure = EventLogError(.unavailable, "the log's file took nothing: \(error)")
            for append in group { append.waiter.resume(returning: .failure(failure)) }
            return
        }
        let woken = shared.withLock { shared in
            if let newFloor { shared.storedFloor = newFloor }
            shared.log.publish(entries)
            return shared.waiters.wakeAll()
        }
        for waiter in woken { waiter.resume() }
        for (append, assignment) in zip(group, assignments) {
            append.waiter.resume(returning: .success(assignment.answers))
        }
    }

    // MARK: Reading

    package func run(into sink: any EventLogSink) async throws {
        let (id, tail, floor, start) = shared.withLock { shared in
            (shared.waiters.add(), shared.log.tail, shared.log.floor, shared.log.last)
        }
        defer { shared.withLock { $0.waiters.remove(id) } }
        sink.preload(tail, floor: floor, position: start)
        var position = start
        while !Task.isCancelled {
            switch shared.withLock({ $0.log.next(after: position, limit: Self.batch) }) {
            case .entries(let entries):
                sink.append(entries)
                position = entries.last?.id ?? position
            case .overtaken(let floor):
                position = floor
                sink.lost(.trimmed, continuingAt: floor, oldest: floor)
            case .upToDate:
                await waitForNews(id, after: position)
            }
        }
    }

    private func waitForNews(_ id: UInt64, after position: Wire.Cursor) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let resumesNow = shared.withLock { shared in
                    // Something may have come between the look and the wait.
                    if shared.log.last > position { return true }
                    return shared.waiters.wait(id, continuation)
                }
                if resumesNow { continuation.resume() }
            }
        } onCancel: {
            shared.withLock { $0.waiters.cancel(id) }?.resume()
        }
    }
}
