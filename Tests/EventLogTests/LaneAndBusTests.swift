// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import EventLog
import Foundation
import Redis
import Store
import Synchronization
import TestSupport
import Testing
import Wire

@Suite("Ephemeral lane and event bus contracts", .serialized)
struct LaneAndBusTests {
    enum Form: String, CaseIterable, Sendable {
        case embedded, redis
        static let available = allCases.filter { $0 != .redis || RedisProcess.isAvailable }

        func with(_ body: (any EphemeralLane, any EventBus, RedisClient?) async throws -> Void) async throws {
            var limits = BusLimits()
            limits.attempts = 3
            limits.retryBase = .milliseconds(5)
            limits.block = .milliseconds(10)
            switch self {
            case .embedded:
                try await body(EmbeddedEphemeralLane(), EmbeddedEventBus(limits: limits, logger: quiet), nil)
            case .redis:
                try await RedisProcess.with { server in
                    try await withRedis(server) { client in
                        let bus = RedisEventBus(client: client, limits: limits, logger: quiet)
                        try await body(RedisEphemeralLane(client: client, logger: quiet), bus, client)
                    }
                }
            }
        }
    }

    final class Handled: Sendable {
        private let ids = Mutex<[String]>([])
        var all: [String] { ids.withLock { $0 } }
        func add(_ id: String) -> Int {
            ids.withLock { ids in
                ids.append(id)
                return ids.count { $0 == id }
            }
        }
    }

    struct Refused: Error {}

    func domainEvent(_ id: String, subject: String = "7") -> DomainEvent {
        DomainEvent(
            id: id,
            source: "/tasks",
            type: "task.created",
            subject: subject,
            data: Array("{\"a\": 1.50}".utf8)
        )
    }

    @Test("A message reaches whoever listens; what is not JSON or not ours goes nowhere", arguments: Form.available)
    func lane(_ form: Form) async throws {
        try await form.with { lane, _, client in
            let sink = RecordingSink()
            let running = Task { try await lane.run(into: sink) }
            defer { running.cancel() }
            // At most once: until it listens, messages are gone.
            try await eventually {
                try await lane.publish(Topic("hello"), data: [0x31])
                return !sink.calls.isEmpty
            }
            await #expect(throws: EventLogError.self) { try await lane.publish(Topic("a"), data: [0x7b]) }
            await #expect(throws: EventLogError.self) {
                try await lane.publish(Topic(reserved: "$close"), data: [0x31])
            }
            if let client {
                for (channel, data) in [
                    ("live.a", "{"), ("live.$close", "1"), ("live.", "1"), ("live.a b", "1"), ("other", "1"),
                ] {
                    _ = try await client.send("PUBLISH", .string(channel), .string(data))
                }
            }
            try await lane.publish(Topic("board.7"), data: Array("{\"typing\":\"ana\"}".utf8))
            try await eventually { sink.calls.last == .ephemeral("board.7", "{\"typing\":\"ana\"}") }
            #expect(sink.calls.dropLast().allSatisfy { $0 == .ephemeral("hello", "1") })
            running.cancel()
            try await running.value
        }
    }

    @Test("Many are published at once, in their order; one that is refused stops it", arguments: Form.available)
    func batch(_ form: Form) async throws {
        try await form.with { _, bus, _ in
            let handled = Handled()
            let consumer = Task { try await bus.consume(group: "g", consumer: "c") { _ = handled.add($0.id) } }
            defer { consumer.cancel() }
            try await bus.publish((0..<150).map { domainEvent("\($0)") })
            var wrong = domainEvent("wrong")
            wrong.type = ""
            await #expect(throws: EventLogError.self) { try await bus.publish([wrong, domainEvent("behind")]) }
            try await bus.publish(domainEvent("last"))
            try await eventually { handled.all.last == "last" }
            #expect(handled.all == (0..<150).map { "\($0)" } + ["last"])
        }
    }

    @Test("The request behind an event travels with it", arguments: Form.available)
    func cause(_ form: Form) async throws {
        try await form.with { _, bus, _ in
            var event = domainEvent("1")
            event.cause = EventCause(
                requestID: "r-1",
                traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            )
            let received = Mutex<DomainEvent?>(nil)
            let consumer = Task {
                try await bus.consume(group: "g", consumer: "c") { event in received.withLock { $0 = event } }
            }
            defer { consumer.cancel() }
            try await bus.publish(event)
            try await eventually { received.withLock { $0 } != nil }
            #expect(received.withLock { $0 } == event)
        }
    }

    @Test("Each group gets every event once, byte for byte, whoever of it takes it", arguments: Form.available)
    func groups(_ form: Form) async throws {
        try await form.with { _, bus, _ in
            let (one, two) = (Handled(), Handled())
            let event = domainEvent("shape")
            try await bus.publish(event)
            let consumers = ["a1", "a2", "b1"].map { name in
                Task {
                    try await bus.consume(group: String(name.prefix(1)), consumer: name) { received in
                        if received.id == "shape" { #expect(received == event) }
                        _ = (name == "b1" ? two : one).add(received.id)
                    }
                }
            }
            defer { consumers.forEach { $0.cancel() } }
            for number in 0..<20 { try await bus.publish(domainEvent("\(number)")) }
            try await eventually { one.all.count >= 21 && two.all.count >= 21 }
            #expect(Set(one.all).count == 21)
            #expect(one.all.count == 21)
            #expect(two.all == ["shape"] + (0..<20).map { "\($0)" })
        }
    }

    @Test("A handler that throws gets the event again; one that never succeeds is set aside", arguments: Form.available)
    func retries(_ form: Form) async throws {
        try await form.with { _, bus, client in
            let handled = Handled()
            let consumer = Task {
                try await bus.consume(group: "g", consumer: "c") { event in
                    let times = handled.add(event.id)
                    if event.id == "poison" || (event.id == "flaky" && times < 3) { throw Refused() }
                }
            }
            defer { consumer.cancel() }
            for id in ["poison", "flaky", "good"] { try await bus.publish(domainEvent(id, subject: id)) }
            try await eventually {
                handled.all.count { $0 == "flaky" } == 3 && handled.all.count { $0 == "poison" } == 3
            }
            if let client {
                _ = try await client.send("XADD", "gatecast:events", "*", "event", "{\"specversion\":\"0.3\"}")
                try await eventually { try await client.send("XLEN", "gatecast:events:dead").integer == 2 }
                try await eventually {
                    try await client.send("XPENDING", "gatecast:events", "g").array?.first?.integer == 0
                }
            }
            try await eventually { try await bus.deaths.map(\.reason).contains { $0.contains("Refused()") } }
            #expect(handled.all.count { $0 == "good" } == 1)
        }
    }

    @Test("Events wait for a consumer that comes late or comes back", arguments: Form.available)
    func lateConsumer(_ form: Form) async throws {
        try await form.with { _, bus, _ in
            let handled = Handled()
            for id in ["1", "2"] {
                try await bus.publish(domainEvent(id))
                let consumer = Task { try await bus.consume(group: "g", consumer: "c") { _ = handled.add($0.id) } }
                try await eventually { handled.all.last == id }
                consumer.cancel()
                try await consumer.value
            }
            #expect(handled.all == ["1", "2"])
        }
    }

    @Test(
        "While one of a subject's events is retried the later ones wait, and other subjects do not",
        arguments: Form.available
    )
    func orderPerSubject(_ form: Form) async throws {
        try await form.with { _, bus, _ in
            let handled = Handled()
            let consumers = ["c1", "c2"].map { name in
                Task {
                    try await bus.consume(group: "g", consumer: name) { event in
                        if handled.add(event.id) < 3, event.id == "a1" { throw Refused() }
                    }
                }
            }
            defer { consumers.forEach { $0.cancel() } }
            for id in ["a1", "a2", "b1", "a3", "b2"] {
                try await bus.publish(domainEvent(id, subject: String(id.prefix(1))))
            }
            try await eventually { handled.all.count == 7 }
            #expect(handled.all.filter { $0.hasPrefix("a") } == ["a1", "a1", "a1", "a2", "a3"])
            #expect(handled.all.filter { $0.hasPrefix("b") } == ["b1", "b2"])
        }
    }

    @Test(
        "A failure of the consumer's own store is never the event's: it is retried beyond all attempts",
        arguments: Form.available
    )
    func ownFailure(_ form: Form) async throws {
        try await form.with { _, bus, _ in
            let handled = Handled()
            let consumer = Task {
                try await bus.consume(group: "g", consumer: "c") { event in
                    guard handled.add(event.id) < 6 else { return }
                    throw StoreError(.full, path: "x", detail: "no space")
                }
            }
            defer { consumer.cancel() }
            try await bus.publish(domainEvent("1"))
            try await eventually { handled.all.count == 6 }
            #expect(try await bus.deaths.isEmpty)
        }
    }

    @Test("A dead letter can be looked at, replayed for its own group, and dropped", arguments: Form.available)
    func deadLetters(_ form: Form) async throws {
        try await form.with { _, bus, _ in
            let (failing, other) = (Handled(), Handled())
            let isCured = Mutex(false)
            let consumers = [
                Task {
                    try await bus.consume(group: "failing", consumer: "c") { event in
                        if isCured.withLock({ $0 }) { return _ = failing.add(event.id) }
                        throw Refused()
                    }
                },
                Task { try await bus.consume(group: "other", consumer: "c") { _ = other.add($0.id) } },
            ]
            defer { consumers.forEach { $0.cancel() } }
            for id in ["1", "2"] { try await bus.publish(domainEvent(id, subject: id)) }
            try await eventually { try await bus.deaths.count == 2 }
            let box = try #require(bus as? any DeadLetters)
            let letters = try await box.deadLetters(limit: 10)
            #expect(try await box.deadLetters(limit: 1) == Array(letters.prefix(1)))
            #expect(Set(letters.map(\.group)) == ["failing"])
            let events = try letters.map { try DomainEvent(decoding: $0.event) }
            #expect(Set(events.map(\.id)) == ["1", "2"])
            #expect(try await box.deadLetter(letters[0].id) == letters[0])
            for wrong in ["9-9", "x", ""] {
                #expect(try await box.deadLetter(wrong) == nil)
                #expect(try await !box.replayDeadLetter(wrong))
                #expect(try await !box.dropDeadLetter(wrong))
            }
            isCured.withLock { $0 = true }
            #expect(try await box.replayDeadLetter(letters[0].id))
            #expect(try await !box.replayDeadLetter(letters[0].id))
            #expect(try await box.dropDeadLetter(letters[1].id))
            try await eventually { failing.all == [events[0].id] }
            #expect(try await box.deadLetters(limit: 10).isEmpty)
            try await bus.publish(domainEvent("3"))
            try await eventually { other.all.last == "3" && failing.all.last == "3" }
            #expect(other.all.count == 3)
        }
    }

    @Test(
        "When a consumer goes, another of its group goes on, in order, with what it had not finished",
        arguments: Form.available
    )
    func takeover(_ form: Form) async throws {
        try await form.with { _, bus, _ in
            let handled = Handled()
            let isHeld = Mutex(false)
            let first = Task {
                try await bus.consume(group: "g", consumer: "first") { event in
                    if event.id == "2" {
                        isHeld.withLock { $0 = true }
                        try await Task.sleep(for: .seconds(3600))  // ends by cancellation
                    }
                    _ = handled.add(event.id)
                }
            }
            for id in ["1", "2", "3"] { try await bus.publish(domainEvent(id)) }
            try await eventually { isHeld.withLock { $0 } }
            let second = Task { try await bus.consume(group: "g", consumer: "second") { _ = handled.add($0.id) } }
            defer { second.cancel() }
            first.cancel()
            try await eventually { handled.all.count == 3 }
            #expect(handled.all == ["1", "2", "3"])
        }
    }

    @Test("A CloudEvent is read back as it was written, and a wrong one is refused with its reason")
    func cloudEvents() throws {
        var event = domainEvent("1")
        event.time = "2026-11-24T19:00:00Z"
        #expect(try DomainEvent(decoding: event.encoded()) == event)
        let extended = #"{"specversion":"1.0","id":"a","source":"b","type":"c","traceparent":"x"}"#
        #expect(try DomainEvent(decoding: Array(extended.utf8)).data == Array("null".utf8))
        for wrong in [
            "", "[]", #"{"specversion":"1.1","id":"a","source":"b","type":"c"}"#,
            #"{"specversion":"1.0","source":"b","type":"c"}"#,
            #"{"specversion":"1.0","id":7,"source":"b","type":"c"}"#,
            #"{"specversion":"1.0","id":"","source":"b","type":"c"}"#,
            #"{"specversion":"1.0","id":"a","source":"b","type":"c","Bad-Name":1}"#,
            #"{"specversion":"1.0","id":"a","source":"b","type":"c","data_base64":"eA=="}"#,
            #"{"specversion":"1.0","id":"a","source":"b","type":"c","datacontenttype":"text/plain"}"#,
            #"{"specversion":"1.0","id":"a","id":"b","source":"b","type":"c"}"#,
        ] {
            #expect(throws: DomainEvent.FormatError.self) { _ = try DomainEvent(decoding: Array(wrong.utf8)) }
        }
    }
}

extension EventBus {
    fileprivate var deaths: [DeadLetter] {
        get async throws { try await (self as? any DeadLetters)?.deadLetters(limit: 100) ?? [] }
    }
}
