// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import EventLog
import Foundation
import Redis
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

    func domainEvent(_ id: String) -> DomainEvent {
        DomainEvent(id: id, source: "/tasks", type: "task.created", subject: "7", data: Array("{\"a\": 1.50}".utf8))
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
            for id in ["poison", "flaky", "good"] { try await bus.publish(domainEvent(id)) }
            try await eventually {
                handled.all.count { $0 == "flaky" } == 3 && handled.all.count { $0 == "poison" } == 3
            }
            if let client {
                _ = try await client.send("XADD", "gatecast:events", "*", "event", "{\"specversion\":\"0.3\"}")
                try await eventually { try await client.send("XLEN", "gatecast:events:dead").integer == 2 }
                try await eventually {
                    try await client.send("XPENDING", "gatecast:events", "g").array?.first?.integer == 0
                }
            } else if let bus = bus as? EmbeddedEventBus {
                try await eventually { bus.deadLetters.map(\.id) == ["poison"] }
            }
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
