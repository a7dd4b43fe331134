// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import GRDB
internal import Logging
internal import Synchronization
internal import TestSupport
import Testing

@testable import Store

@Suite("Relays of several processes on one outbox")
struct OutboxLeaseTests {
    private final class Deliveries: Sendable {
        private let ids = Mutex<[String]>([])
        var all: [String] { self.ids.withLock { $0 } }
        func append(_ rows: [OutboxRow]) { self.ids.withLock { $0 += rows.map(\.event.id) } }
    }

    /// Polls every few milliseconds; when a lease has run out depends on the test's clock alone.
    private func relay(_ database: ServiceDatabase, _ clock: ManualClock, _ deliveries: Deliveries) -> OutboxRelay {
        var timing = OutboxRelay.Timing()
        timing.now = { Int64(clock.unixMilliseconds) }
        timing.sleep = { _ in try await Task.sleep(for: .milliseconds(3)) }
        return OutboxRelay(
            database: database,
            timing: timing,
            deliver: { rows in
                deliveries.append(rows)
                // Lets the others try meanwhile.
                await Task.yield()
            },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    @Test("Three that write and deliver at the same time deliver everything once, in one order")
    func once() async throws {
        let (scratch, clock, deliveries) = (Scratch(), ManualClock(), Deliveries())
        let databases = try (0..<3).map { _ in
            try ServiceDatabase.open(path: scratch.database, migrations: migrations)
        }
        let relays = databases.map { self.relay($0, clock, deliveries) }
        try await relays[0].whileRunning {
            try await relays[1].whileRunning {
                try await relays[2].whileRunning {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for (index, database) in databases.enumerated() {
                            group.addTask {
                                for number in 0..<100 { try await database.append("\(index)-\(number)") }
                            }
                        }
                        try await group.waitForAll()
                    }
                    try await eventually { deliveries.all.count >= 300 }
                }
            }
        }
        let written = try await databases[0].read { database in
            try String.fetchAll(database, sql: "SELECT id FROM outbox ORDER BY position")
        }
        #expect(deliveries.all == written)
    }

    @Test("A process that died in the middle is waited for as long as its lease lasts, then its rows go out")
    func death() async throws {
        let (scratch, clock, deliveries) = (Scratch(), ManualClock(), Deliveries())
        let database = try ServiceDatabase.open(path: scratch.database, migrations: migrations)
        try await database.append("a")
        let now = Int64(clock.unixMilliseconds)
        let taken = try await database.write { try OutboxLease.take("dead", until: now + 15_000, at: now, in: $0) }
        #expect(taken)
        try await self.relay(database, clock, deliveries).whileRunning {
            try await database.append("b")
            let again = try await database.write {
                try OutboxLease.take("third", until: now + 9, at: now + 14_999, in: $0)
            }
            #expect(!again)
            #expect(deliveries.all.isEmpty)
            clock.advance(by: .seconds(15))
            try await eventually { deliveries.all == ["a", "b"] }
        }
        let leases = try await database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM outbox_lease") }
        #expect(leases == 0)
    }

    @Test("Who has nothing to deliver holds nothing, so that the next to commit need not wait")
    func idle() async throws {
        let (scratch, clock, deliveries) = (Scratch(), ManualClock(), Deliveries())
        let first = try ServiceDatabase.open(path: scratch.database, migrations: migrations)
        let second = try ServiceDatabase.open(path: scratch.database, migrations: migrations)
        try await self.relay(first, clock, deliveries).whileRunning {
            try await first.append("a")
            try await eventually { try await first.pendingIDs().isEmpty }
            try await eventually {
                try await first.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM outbox_lease") } == 0
            }
            let now = Int64(clock.unixMilliseconds)
            #expect(try await second.write { try OutboxLease.take("second", until: now + 1, at: now, in: $0) })
        }
        #expect(deliveries.all == ["a"])
    }
}
