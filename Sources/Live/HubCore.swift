// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import Logging
internal import NIOCore
internal import Synchronization
internal import Wire

/// What all shards of a hub share. Immutable, or made for many threads.
final class HubCore: Sendable {
    let settings: LiveSettings
    let ring: Ring
    /// Where the reader of the log is.
    let position = AtomicCursor()
    let admission: Admission
    let metrics = LiveMetrics()
    let inFlight: InFlightBudget
    let questions = Questions()
    let logger: Logger
    let wallClock: @Sendable () -> Date
    /// `sub` and `unsub` keep a session alive; told at most once a minute and connection.
    let sessionActivity: @Sendable (LiveSessionKey) -> Void
    let isPreloaded = Atomic(false)
    let isDraining = Atomic(false)
    private let node = String(UInt16.random(in: .min ... .max), radix: 16)
    private let connections = Atomic<UInt64>(0)

    init(
        settings: LiveSettings,
        logger: Logger,
        wallClock: @escaping @Sendable () -> Date,
        sessionActivity: @escaping @Sendable (LiveSessionKey) -> Void
    ) {
        self.settings = settings
        ring = Ring(budget: settings.limits.ring)
        admission = Admission(limits: settings.limits)
        inFlight = InFlightBudget(limit: settings.limits.inFlightNode)
        self.logger = logger
        self.wallClock = wallClock
        self.sessionActivity = sessionActivity
    }

    /// `9f2c-1a`: this process, and a count.
    func nextConnectionName() -> String {
        let number = connections.add(1, ordering: .relaxed).newValue
        return "\(node)-\(String(number, radix: 16))"
    }
}

/// The loops with their inboxes. A shard is made on its loop when it is first needed.
final class Shards: Sendable {
    struct Slot: Sendable {
        let loop: any EventLoop
        let inbox = ShardInbox()
        let pulse = LoopPulse()
        let shard: NIOLoopBoundBox<HubShard?>
    }

    let slots: [Slot]
    private let core: HubCore
    private let places: [ObjectIdentifier: Int]

    init(group: any EventLoopGroup, core: HubCore) {
        self.core = core
        slots = group.makeIterator().map {
            Slot(loop: $0, shard: .makeEmptyBox(valueType: HubShard.self, eventLoop: $0))
        }
        places = Dictionary(uniqueKeysWithValues: slots.enumerated().map { (ObjectIdentifier($1.loop), $0) })
    }

    /// On that loop, which must be one of the group.
    func shard(on loop: any EventLoop) -> HubShard {
        guard let place = places[ObjectIdentifier(loop)] else { preconditionFailure("a loop outside the hub's group") }
        return shard(of: slots[place])
    }

    private func shard(of slot: Slot) -> HubShard {
        if let shard = slot.shard.value { return shard }
        let shard = HubShard(core: core, loop: slot.loop, inbox: slot.inbox, pulse: slot.pulse)
        slot.shard.value = shard
        return shard
    }

    /// How long ago the loop that was silent longest last ticked; nil while none has.
    func longestSilence(now: NIODeadline) -> TimeAmount? { slots.compactMap { $0.pulse.silence(now: now) }.max() }

    /// From any thread, to every loop; one wake-up per loop, merged while one is pending.
    func post(_ message: ShardMessage) {
        for slot in slots { post(message, to: slot) }
    }

    func post(_ message: ShardMessage, to slot: Slot) {
        guard slot.inbox.push(message) else { return }
        slot.loop.execute { self.shard(of: slot).drainInbox() }
    }
}
