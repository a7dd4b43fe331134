// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Gateway
internal import ServiceLifecycle
internal import UnixSignals

/// SIGTERM and SIGINT: the first drains, the second hurries, and more change nothing. A successor drains too.
enum StopSignals {
    /// Runs `group` to its end.
    static func run(_ group: ServiceGroup, drain: Drain) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await group.run() }
            tasks.addTask {
                var isStopping = false
                for await _ in signals {
                    if isStopping { drain.hurry() } else { await group.triggerGracefulShutdown() }
                    isStopping = true
                }
            }
            tasks.addTask {
                await drain.waitForHandover()
                guard !Task.isCancelled else { return }
                await group.triggerGracefulShutdown()
                // The group is what ends this.
                try await Task.sleep(for: .seconds(3_600))
            }
            // Only the group ends by itself.
            try await tasks.next()
            tasks.cancelAll()
        }
    }
}
