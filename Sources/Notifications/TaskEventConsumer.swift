// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import EventLog
package import Foundation
package import Logging
internal import ServiceKit
internal import ServiceLifecycle
internal import Store

/// Turns the tasks service's events into notices.
///
/// An event counts as done when its transaction has committed; a crash before that brings it again, and its id keeps a
/// second delivery from becoming a second notice. Events of other types are somebody else's.
package struct TaskEventConsumer: Service, Sendable {
    package static let group = "notifications"

    private let bus: any EventBus
    private let repository: any NoticeRepository
    private let consumer: String
    private let logger: Logger
    private let now: @Sendable () -> Date

    /// - Parameter consumer: this process's name within the group; best the same again after a restart.
    package init(
        bus: any EventBus,
        repository: any NoticeRepository,
        consumer: String,
        logger: Logger,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.bus = bus
        self.repository = repository
        self.consumer = consumer
        self.logger = logger
        self.now = now
    }

    package func run() async throws {
        try await cancelWhenGracefulShutdown {
            do {
                try await self.bus.consume(group: Self.group, consumer: self.consumer) { event in
                    try await self.handle(event)
                }
            } catch is CancellationError {
                return
            }
        }
    }

    /// Throws only what a later attempt can cure.
    package func handle(_ event: DomainEvent) async throws {
        guard event.type == TaskEvent.created else { return }
        guard let task = TaskEvent(event) else {
            self.logger.error(
                "event skipped: its data is not what task.created promises",
                metadata: ["event.id": "\(event.id.prefix(64))", "event.source": "\(event.source.prefix(64))"]
            )
            return
        }
        let notice = Notice(
            id: OutboxEvent.freshID(),
            owner: task.owner,
            type: event.type,
            title: "New task: \(task.title)",
            taskID: task.taskID,
            taskTitle: task.title,
            createdAt: Instant.milliseconds(self.now())
        )
        let isNew = try await self.repository.receive(notice, eventID: "\(event.source) \(event.id)")
        self.logger.debug(
            isNew ? "notice stored" : "event was handled before",
            metadata: ["event.id": "\(event.id)", "notice.id": "\(notice.id)"]
        )
    }
}
