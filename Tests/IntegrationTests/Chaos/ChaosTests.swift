// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import TestSupport
internal import Testing

/// live.md §11.2 on real processes: a short run with every test, `make chaos` for as long as one likes.
@Suite("Chaos", .enabled(if: RedisProcess.isAvailable))
struct ChaosTests {
    @Test(
        "Gateways and Redis die at random: each id exactly once per connection, or under a gap",
        .timeLimit(.minutes(120))
    )
    func chaos() async throws {
        let environment = ProcessInfo.processInfo.environment
        let seconds = environment["GATECAST_CHAOS_SECONDS"].flatMap { Int($0) } ?? 10
        let seed = environment["GATECAST_CHAOS_SEED"].flatMap { UInt64($0) } ?? .random(in: 1...(.max))
        let stack = try await ChaosStack.start()
        do {
            let (violations, deeds) = try await ChaosRun(stack).run(for: .seconds(seconds), seed: seed)
            if !violations.isEmpty {
                Issue.record("seed \(seed), after \(deeds): \(violations.count) faults, \(violations.prefix(5))")
            }
        } catch {
            Issue.record("seed \(seed): \(error)")
        }
        await stack.end()
    }
}
