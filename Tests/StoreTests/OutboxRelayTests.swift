// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import GRDB
internal import Logging
internal import ServiceLifecycle
import Testing

@testable import Store

@Suite("The outbox relay")
struct OutboxRelayTests {
    @Test("Delivers in the order of commits, wakes on a commit, and marks what it delivered")
    func order() async throws {
        let scratch = Scratch()
        let database = try ServiceDatabase.open(path: scratch.database, migrations: migrations)
        try await database.append("a", "b")
        let receiver = Receiver()
        try await receiver.relay(database).whileRunning {
            #expect(await receiver.next(2) == ["a", "b"])
            try await database.append("c")
            #expect(await receiver.next(1) == ["c"])
        }
        #expect(try await database.pendingIDs().isEmpty)
    }

    @Test("What failed comes again, first, until it is delivered: order is kept and nothing is lost")
    func retries() async throws {
        let scratch = Scratch()
        let database = try ServiceDatabase.open(path: scratch.database, migrations: migrations)
        try await database.append("a", "b", "c")
        let receiver = Receiver(failures: 5)
        try await receiver.relay(database).whileRunning {
            #expect(await receiver.next(3) == ["a", "b", "c"])
            try await database.append("d")
            #expect(await receiver.next(1) == ["d"])
        }
        #expect(await receiver.attempts == 7)
        let waits = receiver.sleeps.values
        #expect(waits.count == 5)
        #expect(waits == waits.sorted())
        #expect(try await database.pendingIDs().isEmpty)
    }

    @Test("A commit whose process died before delivery is delivered after reopening")
    func crashBeforeDelivery() async throws {
        let scratch = Scratch()
        let first = try ServiceDatabase.open(path: scratch.database, migrations: migrations)
        try await first.append("a", "b")
        try first.close()
        let second = try ServiceDatabase.open(path: scratch.database, migrations: migrations)
        let receiver = Receiver()
        try await receiver.relay(second).whileRunning {
            #expect(await receiver.next(2) == ["a", "b"])
        }
    }

    @Test("A crash between delivery and mark delivers the same ids again")
    func crashBeforeMark() async throws {
        let scratch = Scratch()
        let database = try ServiceDatabase.open(path: scratch.database, migrations: migrations)
        try await database.append("a", "b")
        let receiver = Receiver(lostAnswers: 1)
        try await receiver.relay(database).whileRunning {
            #expect(await receiver.next(4) == ["a", "b", "a", "b"])
        }
        #expect(try await database.pendingIDs().isEmpty)
    }

    @Test("A row that can never be delivered is set aside with its reason, and the others go on")
    func rejection() async throws {
        let scratch = Scratch()
        let database = try ServiceDatabase.open(path: scratch.database, migrations: migrations)
        try await database.append("a", "bad", "c")
        let receiver = Receiver(refusing: "bad")
        try await receiver.relay(database).whileRunning {
            #expect(await receiver.next(2) == ["a", "c"])
        }
        #expect(try await database.pendingIDs().isEmpty)
        let refused = try await database.read {
            try String.fetchAll($0, sql: "SELECT id || ': ' || refused FROM outbox WHERE refused IS NOT NULL")
        }
        #expect(refused == ["bad: too big"])
    }

    @Test("A rolled back transaction is never told")
    func rollback() async throws {
        struct Refused: Error {}
        let scratch = Scratch()
        let database = try ServiceDatabase.open(path: scratch.database, migrations: migrations)
        let receiver = Receiver()
        try await receiver.relay(database).whileRunning {
            await #expect(throws: Refused.self) {
                try await database.write { database in
                    try Outbox.append(event("ghost"), in: database)
                    throw Refused()
                }
            }
            try await database.append("real")
            #expect(await receiver.next(1) == ["real"])
        }
    }

    @Test("More rows than one batch are delivered batch by batch")
    func batches() async throws {
        let scratch = Scratch()
        let database = try ServiceDatabase.open(path: scratch.database, migrations: migrations)
        let ids = (0..<250).map { "\($0)" }
        try await database.write { database in
            for id in ids { try Outbox.append(event(id), in: database) }
        }
        let receiver = Receiver()
        try await receiver.relay(database).whileRunning {
            #expect(await receiver.next(250) == ids)
        }
        #expect(await receiver.attempts == 3)
    }

    @Test("Delivered rows are deleted when their time is over, waiting ones never")
    func prunes() async throws {
        let scratch = Scratch()
        let database = try ServiceDatabase.open(path: scratch.database, migrations: migrations)
        try await database.append("a", "b", "c")
        let left = try await database.write { database in
            let rows = try Outbox.pending(limit: 2, in: database)
            try Outbox.markDelivered([rows[0]], at: 1000, in: database)
            try Outbox.markDelivered([rows[1]], at: 2000, in: database)
            let pruned = try Outbox.prune(deliveredBefore: 2000, limit: 100, in: database)
            #expect(pruned == 1)
            return try String.fetchAll(database, sql: "SELECT id FROM outbox ORDER BY position")
        }
        #expect(left == ["b", "c"])
    }

    @Test("A receiver that forgets with its process hears at the next start what it was told before, in order, once")
    func replay() async throws {
        let scratch = Scratch()
        let database = try ServiceDatabase.open(path: scratch.database, migrations: migrations)
        try await database.append("a", "b")
        let first = Receiver()
        try await first.relay(database, replaysDelivered: true).whileRunning {
            #expect(await first.next(2) == ["a", "b"])
        }
        try await database.append("c")
        let second = Receiver()
        try await second.relay(database, replaysDelivered: true).whileRunning {
            #expect(await second.next(3) == ["a", "b", "c"])
            try await database.append("d")
            #expect(await second.next(1) == ["d"])
        }
        let third = Receiver()
        try await database.append("e")
        try await third.relay(database).whileRunning {
            #expect(await third.next(1) == ["e"])
        }
    }

    @Test("What commits while the process stops still goes out")
    func farewell() async throws {
        let scratch = Scratch()
        let database = try ServiceDatabase.open(path: scratch.database, migrations: migrations)
        try await database.append("a")
        let (delivered, continuation) = AsyncStream.makeStream(of: String.self)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let stop = Stop()
        let relay = OutboxRelay(
            database: database,
            deliver: { rows in
                for row in rows {
                    if row.event.id == "a" {
                        await stop.group?.triggerGracefulShutdown()
                        try await database.append("b")
                    }
                    continuation.yield(row.event.id)
                }
            },
            logger: logger
        )
        let group = ServiceGroup(configuration: .init(services: [relay], logger: logger))
        await stop.set(group)
        try await group.run()
        continuation.finish()
        #expect(await delivered.reduce(into: []) { $0.append($1) } == ["a", "b"])
        #expect(try await database.pendingIDs().isEmpty)
    }

    @Test("The same event id cannot be appended twice")
    func uniqueIDs() async throws {
        let scratch = Scratch()
        let database = try ServiceDatabase.open(path: scratch.database, migrations: migrations)
        try await database.append("a")
        await #expect(throws: DatabaseError.self) { try await database.append("a") }
    }
}

private actor Stop {
    private(set) var group: ServiceGroup?
    func set(_ group: ServiceGroup) { self.group = group }
}
