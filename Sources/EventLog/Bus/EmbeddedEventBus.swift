// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Logging
internal import Synchronization

/// The services' bus of one process. In memory: what was not handled when the process ends is gone here, so publishers
/// keep an outbox, and acknowledge it only when `publish` has returned.
package final class EmbeddedEventBus: EventBus {
    private struct Shared {
        var bus: EmbeddedBusState
        var waiters = LogWaiters()
    }

    private let shared: Mutex<Shared>
    private let limits: BusLimits
    private let logger: Logger

    package init(limits: BusLimits = BusLimits(), logger: Logger) {
        self.shared = Mutex(Shared(bus: EmbeddedBusState(limits: limits)))
        self.limits = limits
        self.logger = logger
    }

    /// Oldest first.
    package var deadLetters: [DomainEvent] { shared.withLock { Array($0.bus.deadLetters) } }

    package func publish(_ event: DomainEvent) async throws(EventLogError) {
        _ = try event.check(limits: limits)
        guard change({ $0.publish(event) }) else {
            throw EventLogError(.unavailable, "\(limits.retainedEvents) events wait for their consumers")
        }
    }

    package func consume(
        group: String,
        consumer: String,
        handler: @escaping @Sendable (DomainEvent) async throws -> Void
    ) async throws {
        while !Task.isCancelled {
            let (next, version) = shared.withLock { ($0.bus.next(for: group, now: .now), $0.bus.version) }
            switch next {
            case .deliver(let delivery):
                await handle(delivery, group: group, handler)
            case .wait(let due):
                await wait(since: version, until: due)
            }
        }
    }

    private func handle(
        _ delivery: EmbeddedBusState.Delivery,
        group: String,
        _ handler: @Sendable (DomainEvent) async throws -> Void
    ) async {
        do {
            try await handler(delivery.event)
            change { $0.handled(delivery.number, by: group) }
        } catch {
            guard !Task.isCancelled else { return change { $0.released(delivery.number, by: group, now: .now) } }
            let outcome = change { $0.failed(delivery.number, by: group, now: .now) }
            logger.warning(
                "domain event not handled",
                metadata: [
                    "event.id": "\(delivery.event.id)", "event.type": "\(delivery.event.type)", "group": "\(group)",
                    "attempt": "\(delivery.attempt)", "dead": "\(outcome == .deadLetter)", "reason": "\(error)",
                ]
            )
        }
    }

    @discardableResult
    private func change<Value: Sendable>(_ body: (inout EmbeddedBusState) -> Value) -> Value {
        let (value, woken) = shared.withLock { shared in (body(&shared.bus), shared.waiters.wakeAll()) }
        for waiter in woken { waiter.resume() }
        return value
    }

    // MARK: Waiting

    private func wait(since version: UInt64, until due: ContinuousClock.Instant?) async {
        guard let due else { return await waitForNews(since: version) }
        await withTaskGroup { group in
            group.addTask { await self.waitForNews(since: version) }
            // Whichever ends first ends the other.
            group.addTask { try? await Task.sleep(until: due, clock: .continuous) }
            await group.next()
            group.cancelAll()
        }
    }

    private func waitForNews(since version: UInt64) async {
        let id = shared.withLock { $0.waiters.add() }
        defer { shared.withLock { $0.waiters.remove(id) } }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let resumesNow = shared.withLock { shared in
                    shared.bus.version != version || shared.waiters.wait(id, continuation)
                }
                if resumesNow { continuation.resume() }
            }
        } onCancel: {
            shared.withLock { $0.waiters.cancel(id) }?.resume()
        }
    }
}
