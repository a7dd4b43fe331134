// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import EventLog
package import Foundation
package import Logging
package import Observability
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
    private let spans: (any SpanSink)?
    private let logger: Logger
    private let now: @Sendable () -> Date

    /// - Parameter consumer: this process's name within the group; best the same again after a restart.
    package init(
        bus: any EventBus,
        repository: any NoticeRepository,
        consumer: String,
        spans: (any SpanSink)? = nil,
        logger: Logger,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.bus = bus
        self.repository = repository
        self.consumer = consumer
        self.spans = spans
        self.logger = logger
        self.now = now
    }

    package func run() async throws {
        try await cancelWhenGracefulShutdown {
            do {
                try await self.bus.consume(
                    group: Self.group,
                    consumer: self.consumer,
                    spans: self.spans,
                    logger: self.logger
                ) { event, logger in
                    try await self.handle(event, logger: logger)
                }
            } catch is CancellationError {
                return
            }
        }
    }

    /// Throws only what a later attempt can cure.
    package func handle(_ event: DomainEvent, logger: Logger) async throws {
        guard TaskEvent.isKnown(event.type) else { return }
        guard let task = TaskEvent(event) else {
            logger.error(
                "event skipped: its data is not what its type promises",
                metadata: ["event.source": "\(event.source.prefix(64))"]
            )
            return
        }
        let now = Instant.milliseconds(self.now())
        let notices = NoticeRules.notices(
            for: task,
            now: now,
            requestID: event.cause.requestID,
            freshID: OutboxEvent.freshID
        )
        let eventID = "\(event.source) \(event.id)"
        guard let kept = try await self.repository.receive(notices, eventID: eventID, cause: event.cause, at: now)
        else {
            return logger.debug("event was received before")
        }
        logger.info("notices stored", metadata: ["task.id": "\(task.taskID)", "notices": "\(kept)"])
    }
}
