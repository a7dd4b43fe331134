// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import EventLog
package import Logging
internal import Metrics
package import Observability
internal import Store

extension EventBus {
    /// `consume` in plain sight: every delivery runs under its event's trace, and leaves one log line, one count and, where
    /// the trace is recorded, one span.
    ///
    /// - Parameters:
    ///   - spans: where finished spans go; `nil`: nowhere.
    ///   - handler: gets the event, whose cause goes on with the trace here, and a logger that names event, request and trace.
    package func consume(
        group: String,
        consumer: String,
        spans: (any SpanSink)?,
        logger: Logger,
        handler: @escaping @Sendable (DomainEvent, Logger) async throws -> Void
    ) async throws {
        try await self.consume(group: group, consumer: consumer) { event in
            let delivery = ObservedDelivery(event: event, group: group, spans: spans, logger: logger)
            try await delivery.run { try await handler(delivery.event, delivery.logger) }
        }
    }
}

/// One event in the hands of one consumer.
struct ObservedDelivery {
    let event: DomainEvent
    let group: String
    let spans: (any SpanSink)?
    let logger: Logger
    private let trace: ServiceTrace

    init(event: DomainEvent, group: String, spans: (any SpanSink)?, logger: Logger) {
        self.group = group
        self.spans = spans
        self.trace = ServiceTrace(event.cause.traceparent.map { [$0] } ?? [])
        var event = event
        event.cause.traceparent = self.trace.traceparent
        self.event = event
        var logger = logger
        logger[metadataKey: "event.id"] = "\(event.id.prefix(64))"
        logger[metadataKey: "event.type"] = "\(event.type.prefix(64))"
        logger[metadataKey: "trace.id"] = "\(self.trace.id)"
        if let id = event.cause.requestID { logger[metadataKey: "request.id"] = "\(id.prefix(64))" }
        self.logger = logger
    }

    func run(_ handle: () async throws -> Void) async throws {
        let start = ContinuousClock.now
        do {
            try await handle()
            self.record(took: .now - start, outcome: "handled")
            self.logger.info(
                "event handled",
                metadata: ["duration_ms": "\(ServiceResponder.milliseconds(.now - start))"]
            )
        } catch {
            // Why, and what becomes of it, is in the bus's own line.
            self.record(took: .now - start, outcome: "failed")
            throw error
        }
    }

    private func record(took: Duration, outcome: String) {
        Counter(
            label: "service_events_total",
            dimensions: [("group", self.group), ("type", String(self.event.type.prefix(64))), ("outcome", outcome)]
        ).increment()
        guard let spans, let span = self.span(took: took, isError: outcome == "failed") else { return }
        spans.record([span])
    }

    private func span(took: Duration, isError: Bool) -> SpanRecord? {
        self.trace.record(
            .consumer,
            "process \(self.event.type)",
            took: took,
            isError: isError,
            [
                ("messaging.operation.type", .text("process")),
                ("messaging.consumer.group.name", .text(self.group)),
                ("cloudevents.event_id", .text(self.event.id)),
                ("cloudevents.event_source", .text(self.event.source)),
                ("cloudevents.event_type", .text(self.event.type)),
            ]
        )
    }
}
