// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// The services' bus: domain events between services, at least once. Browsers never reach it.
package protocol EventBus: Sendable {
    func publish(_ event: DomainEvent) async throws(EventLogError)

    /// In this order. When it throws, none, the first ones or all have been published.
    func publish(_ events: [DomainEvent]) async throws(EventLogError)

    /// Hands every event to one consumer of each group until the calling task is cancelled. An event is done when the
    /// handler returns; when it throws it comes again later, to any consumer of the group, and after the settings'
    /// number of attempts it is set aside as a dead letter. The same event may come twice: handlers de-duplicate by
    /// `id`.
    func consume(
        group: String,
        consumer: String,
        handler: @escaping @Sendable (DomainEvent) async throws -> Void
    ) async throws
}

extension EventBus {
    package func publish(_ events: [DomainEvent]) async throws(EventLogError) {
        for event in events { try await publish(event) }
    }
}
