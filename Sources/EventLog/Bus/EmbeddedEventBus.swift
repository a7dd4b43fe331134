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
        let metrics = BusMetrics(group: group)
        while !Task.isCancelled {
            let (next, version) = shared.withLock { ($0.bus.next(for: group, now: .now), $0.bus.version) }
            switch next {
            case .deliver(let delivery):
                await handle(delivery, group: group, metrics, handler)
            case .wait(let due):
                await wait(since: version, until: due)
            }
        }
    }

    private func handle(
        _ delivery: EmbeddedBusState.Delivery,
        group: String,
        _ metrics: BusMetrics,
        _ handler: @Sendable (DomainEvent) async throws -> Void
    ) async {
        defer { metrics.unfinished(shared.withLock { $0.bus.unfinished(of: group) }) }
        do {
            try await handler(delivery.event)
            change { $0.handled(delivery.number, by: group) }
            metrics.ended(.handled)
        } catch {
            guard !Task.isCancelled else { return change { $0.released(delivery.number, by: group) } }
            let failure = DeliveryFailure(error)
            let outcome = change {
                $0.failed(
                    delivery.number,
                    by: group,
                    reason: failure.reason,
                    counts: failure.isTheEvents,
                    now: .now
                )
            }
            metrics.ended(outcome == .deadLetter ? .dead : .retried)
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

extension EmbeddedEventBus: DeadLetters {
    package func deadLetters(limit: Int) async throws(EventLogError) -> [DeadLetter] {
        shared.withLock { Array($0.bus.deadLetters.prefix(limit)) }
    }

    package func deadLetter(_ id: String) async throws(EventLogError) -> DeadLetter? {
        shared.withLock { $0.bus.deadLetters.first { $0.id == id } }
    }

    package func replayDeadLetter(_ id: String) async throws(EventLogError) -> Bool {
        guard let letter = try await deadLetter(id) else { return false }
        let event: DomainEvent
        do throws(DomainEvent.FormatError) { event = try DomainEvent(decoding: letter.event) } catch {
            throw EventLogError(.invalid, error.description)
        }
        let isPublished = change { bus in
            guard bus.publish(event, to: letter.group) else { return false }
            _ = bus.removeDeadLetter(id)
            return true
        }
        guard isPublished else { throw EventLogError(.unavailable, "the bus is full") }
        return true
    }

    package func dropDeadLetter(_ id: String) async throws(EventLogError) -> Bool {
        change { $0.removeDeadLetter(id) != nil }
    }
}
