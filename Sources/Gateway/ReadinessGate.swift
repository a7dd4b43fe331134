// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ServiceLifecycle

/// First to hear of a shutdown: says "not ready", then leaves balancers time to look elsewhere before anything closes.
package struct ReadinessGate: Service {
    package var readiness: Readiness
    /// How long to be unready but open.
    package var delay: Duration

    package init(readiness: Readiness, delay: Duration) {
        self.readiness = readiness
        self.delay = delay
    }

    package func run() async throws {
        // Cancelled instead of drained: nothing is left to announce.
        try? await gracefulShutdown()
        readiness.drain()
        try? await Task.sleep(for: delay)
    }
}
