// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Redis
internal import Wire

/// An event some consumer of the group was given and has not acknowledged, as XPENDING lists it. Decides what is due.
struct PendingDelivery: Equatable {
    enum Verdict: Equatable { case rest, retry, deadLetter }

    let id: Cursor
    let consumer: String
    /// Since the last delivery.
    let idle: Duration
    let deliveries: Int

    init(id: Cursor, consumer: String, idle: Duration, deliveries: Int) {
        self.id = id
        self.consumer = consumer
        self.idle = idle
        self.deliveries = deliveries
    }

    init?(_ value: RESPValue) {
        guard let parts = value.array, parts.count == 4, let id = parts[0].string.flatMap({ Cursor($0) }),
            let consumer = parts[1].string, let idle = parts[2].integer, let deliveries = parts[3].integer
        else { return nil }
        self.init(id: id, consumer: consumer, idle: .milliseconds(idle), deliveries: Int(deliveries))
    }

    /// Our own was given back by a handler that threw, since one consumer handles one event at a time; another's may
    /// still be in its handler.
    func rest(for me: String, limits: BusLimits) -> Duration {
        let rest = limits.rest(after: deliveries)
        return consumer == me ? rest : max(rest, limits.staleAfter)
    }

    func verdict(for me: String, limits: BusLimits) -> Verdict {
        guard idle >= rest(for: me, limits: limits) else { return .rest }
        return deliveries >= limits.attempts ? .deadLetter : .retry
    }
}
