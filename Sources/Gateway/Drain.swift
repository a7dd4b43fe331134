// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Edge
internal import Synchronization

/// How this process ends: at its ease, in a hurry, or with a successor on its sockets.
package final class Drain: Sendable {
    private enum Pace { case patient, successor, hurry }

    private let pace = Mutex(Pace.patient)
    private let edge: EdgeListener
    /// There is no reason to wait for balancers any more.
    private let impatience = Signal()
    private let handover = Signal()

    init(edge: EdgeListener) { self.edge = edge }

    /// Whoever asked to stop asks again: no more waiting for balancers, and a second for what is under way.
    package func hurry() {
        pace.withLock { $0 = .hurry }
        edge.hurry()
        impatience.raise()
    }

    /// Another process accepts on our sockets: nobody has to look elsewhere, and live clients may come back at once. Whoever runs this
    /// process hears of it by `waitForHandover`, and shuts it down.
    package func handOver() {
        pace.withLock { if $0 == .patient { $0 = .successor } }
        edge.handedOver()
        impatience.raise()
        handover.raise()
    }

    /// Returns once another process has taken over, or when cancelled.
    package func waitForHandover() async { await handover.wait() }

    /// Returns once the edge accepts.
    func waitUntilServing() async throws {
        while edge.sockets.isEmpty || edge.current == nil { try await Task.sleep(for: .milliseconds(20)) }
    }

    /// Returns after `delay`, or when there is nothing to wait for any more.
    func wait(_ delay: Duration) async {
        guard pace.withLock({ $0 == .patient }) else { return }
        await withTaskGroup { group in
            // Cancelled: the other was first.
            group.addTask { try? await Task.sleep(for: delay) }
            group.addTask { [impatience] in await impatience.wait() }
            await group.next()
            group.cancelAll()
        }
    }
}
