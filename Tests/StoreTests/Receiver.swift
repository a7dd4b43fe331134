// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Logging
internal import ServiceLifecycle
internal import Synchronization

@testable import Store

/// The far end of a relay: writes down what arrives, and fails as told.
actor Receiver {
    struct Down: Error {}

    /// Waits the relay wanted to make after failures; they pass at once.
    final class Sleeps: Sendable {
        private let list = Mutex<[Duration]>([])
        var values: [Duration] { self.list.withLock { $0 } }
        func append(_ duration: Duration) { self.list.withLock { $0.append(duration) } }
    }

    nonisolated let sleeps = Sleeps()
    private(set) var attempts = 0
    private var failures: Int
    private var lostAnswers: Int
    private let refused: String?
    private var arrived: [String] = []
    private var taken = 0
    private var waiting: (count: Int, continuation: CheckedContinuation<Void, Never>)?

    /// - Parameters:
    ///   - failures: so many deliveries fail before anything arrives.
    ///   - lostAnswers: so many deliveries arrive but are reported as failed.
    ///   - refusing: the row of this id is rejected for good.
    init(failures: Int = 0, lostAnswers: Int = 0, refusing: String? = nil) {
        self.failures = failures
        self.lostAnswers = lostAnswers
        self.refused = refusing
    }

    nonisolated func relay(_ database: ServiceDatabase, replaysDelivered: Bool = false) -> OutboxRelay {
        let sleeps = self.sleeps
        var timing = OutboxRelay.Timing()
        timing.poll = .seconds(3600)
        timing.random = { 0.5 }
        timing.sleep = { duration in
            if duration < .seconds(3600) {
                sleeps.append(duration)
            } else {
                try await Task.sleep(for: duration)  // the poll; ends by cancellation
            }
        }
        return OutboxRelay(
            database: database,
            timing: timing,
            replaysDelivered: replaysDelivered,
            deliver: { try await self.deliver($0) },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    /// The next `count` ids, once they are there.
    func next(_ count: Int) async -> [String] {
        if self.arrived.count < self.taken + count {
            await withCheckedContinuation { self.waiting = (self.taken + count, $0) }
        }
        defer { self.taken += count }
        return Array(self.arrived[self.taken..<self.taken + count])
    }

    private func deliver(_ rows: [OutboxRow]) throws {
        self.attempts += 1
        if self.failures > 0 {
            self.failures -= 1
            throw Down()
        }
        if let bad = rows.first(where: { $0.event.id == self.refused }) {
            throw OutboxRejection(position: bad.position, reason: "too big")
        }
        self.arrived += rows.map(\.event.id)
        if let waiting = self.waiting, self.arrived.count >= waiting.count {
            self.waiting = nil
            waiting.continuation.resume()
        }
        if self.lostAnswers > 0 {
            self.lostAnswers -= 1
            throw Down()
        }
    }
}

extension OutboxRelay {
    /// Runs as in a process, and stops gracefully when `body` is done.
    func whileRunning(_ body: () async throws -> Void) async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let group = ServiceGroup(configuration: .init(services: [self], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await body()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }
}
