// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Edge
internal import Synchronization

/// How this process ends: at its ease, in a hurry, or with a successor on its sockets.
package final class Drain: Sendable {
    private enum Pace { case patient, successor, hurry }

    private let pace = Mutex(Pace.patient)
    /// Something happened that makes waiting pointless.
    private let wakeUps: AsyncStream<Void>
    private let wakeUp: AsyncStream<Void>.Continuation
    private let edge: EdgeListener

    init(edge: EdgeListener) {
        self.edge = edge
        (wakeUps, wakeUp) = AsyncStream.makeStream()
    }

    /// Whoever asked to stop asks again: no more waiting for balancers, and a second for what is under way.
    package func hurry() {
        pace.withLock { $0 = .hurry }
        edge.hurry()
        wakeUp.finish()
    }

    /// Another process accepts on our sockets: nobody has to look elsewhere, and live clients may come back at once.
    package func handOver() {
        pace.withLock { if $0 == .patient { $0 = .successor } }
        edge.handedOver()
        wakeUp.finish()
    }

    /// Returns after `delay`, or when there is nothing to wait for any more.
    func wait(_ delay: Duration) async {
        guard pace.withLock({ $0 == .patient }) else { return }
        await withTaskGroup { group in
            // Cancelled: the shorter wait was over first.
            group.addTask { try? await Task.sleep(for: delay) }
            group.addTask { [wakeUps] in for await _ in wakeUps {} }
            await group.next()
            group.cancelAll()
        }
    }
}
