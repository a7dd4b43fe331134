// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ServiceLifecycle

/// First to hear of a shutdown: says "not ready", then leaves balancers time to look elsewhere before anything closes.
package struct ReadinessGate: Service {
    package var readiness: Readiness
    /// Waits as long as to be unready but open.
    package var wait: @Sendable () async -> Void

    package init(readiness: Readiness, wait: @escaping @Sendable () async -> Void) {
        self.readiness = readiness
        self.wait = wait
    }

    package func run() async throws {
        // Cancelled instead of drained: nothing is left to announce.
        try? await gracefulShutdown()
        readiness.drain()
        await wait()
    }
}
