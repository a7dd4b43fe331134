// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import EventLog
internal import Foundation
internal import Hummingbird
internal import HummingbirdTesting
internal import Logging
internal import NIOCore
import Notifications
import ServiceKit
internal import ServiceLifecycle
internal import Settings
internal import Store
internal import StrictJSON
internal import Synchronization
import Tasks
import Testing
internal import Wire

@Suite("Services as they run")
struct ServiceKitLifecycleTests {
    @Test("Port 0 becomes a real one, told to who asked, and graceful shutdown ends the run")
    func listens() async throws {
        let harness = try ServiceHarness()
        let (addresses, continuation) = AsyncStream.makeStream(of: ListenAddress.self)
        let application = try await TasksApp.build(
            settings: harness.settings("tasks"),
            bus: RecordingBus(),
            authority: harness.authority,
            logger: harness.logger,
            onListening: { continuation.yield($0) }
        )
        let group = ServiceGroup(configuration: .init(services: [application], logger: harness.logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let address = try #require(await addresses.first { _ in true })
            #expect(address.port > 0)
            try await TestClient.withClient(host: "127.0.0.1", port: address.port) { client in
                let response = try await client.get("/livez")
                #expect(response.status == .ok)
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    @Test("A taken address is refused in a sentence")
    func takenAddress() async throws {
        let harness = try ServiceHarness()
        let (addresses, continuation) = AsyncStream.makeStream(of: ListenAddress.self)
        let first = try await TasksApp.build(
            settings: harness.settings("tasks"),
            bus: RecordingBus(),
            authority: harness.authority,
            logger: harness.logger,
            onListening: { continuation.yield($0) }
        )
        let group = ServiceGroup(configuration: .init(services: [first], logger: harness.logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var settings = harness.settings("notifications")
            settings.listen = try #require(await addresses.first { _ in true })
            let second = try await NotificationsApp.build(
                settings: settings,
                bus: RecordingBus(),
                log: RecordingLog(),
                authority: harness.authority,
                logger: harness.logger
            )
            let error = await #expect(throws: ListenError.self) { try await second.run() }
            #expect(error?.description.contains("set LISTEN") == true)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    @Test("A created task reaches its owner's inbox and live topic over the embedded bus and log")
    func journey() async throws {
        let harness = try ServiceHarness()
        let bus = EmbeddedEventBus(logger: harness.logger)
        let log = RecordingLog()
        let tasks = try await TasksApp.build(
            settings: harness.settings("tasks"),
            bus: bus,
            authority: harness.authority,
            logger: harness.logger
        )
        let notifications = try await NotificationsApp.build(
            settings: harness.settings("notifications"),
            bus: bus,
            log: log,
            authority: harness.authority,
            logger: harness.logger
        )
        let ana = try harness.headers("ana")
        try await notifications.application.test(.router) { inbox in
            try await tasks.application.test(.router) { client in
                let created = try await client.call(.post, "/api/tasks/", ana, #"{"title":"Buy milk"}"#)
                let event = try #require(await log.appended.first { _ in true })
                #expect(event.topic == Topic.user("ana"))
                let data = try JSONScanner.parse(event.data)
                #expect(data["task"]?["id"] == created.body["id"])
                let list = try await inbox.call(.get, "/api/notifications/", ana).body
                #expect(list["unread"] == 1)
                #expect(list["items"]?.array?.first?["id"] == data["notice"]?["id"])
            }
        }
    }

    @Test(
        "What the log refuses for good is set aside, the rest still goes out",
        arguments: [EventLogError.Code.tooBig, .invalid]
    )
    func logRefusal(_ code: EventLogError.Code) async throws {
        let harness = try ServiceHarness()
        let database = try ServiceDatabase.open(path: "\(harness.directory)/x.sqlite", migrations: Outbox.migrations)
        try await database.write { database in
            for (topic, data) in [("a", "1"), ("b", "\"bad\""), ("not a topic", "2"), ("c", "3")] {
                try Outbox.append(
                    OutboxEvent(type: "t", subject: topic, data: Array(data.utf8), createdAt: 1),
                    in: database
                )
            }
        }
        let log = RecordingLog(refusingData: code)
        let relay = OutboxRelay.appending(from: database, to: log, logger: harness.logger)
        let group = ServiceGroup(configuration: .init(services: [relay], logger: harness.logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let last = await log.appended.first { $0.topic.name == "c" }
            #expect(last != nil)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(try await database.read { try Outbox.backlog(in: $0) } == 0)
    }
}
