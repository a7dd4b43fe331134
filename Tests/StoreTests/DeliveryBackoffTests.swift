// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Store
import Testing

@Suite("Backing off")
struct DeliveryBackoffTests {
    @Test("Waits grow, stay below the cap and never reach zero")
    func bounds() {
        let policy = RetryPolicy(base: .milliseconds(100), cap: .seconds(1), floor: .milliseconds(10))
        let longest = (1...8).map { policy.delay(afterFailures: $0, random: 0.999_999) }
        #expect(longest[0] < .milliseconds(100) && longest[0] > .milliseconds(99))
        #expect(longest[1] > .milliseconds(199) && longest[1] < .milliseconds(200))
        #expect(longest.allSatisfy { $0 < .seconds(1) })
        #expect(policy.delay(afterFailures: 1, random: 0) == .milliseconds(10))
        #expect(policy.delay(afterFailures: .max, random: 0.5) == .milliseconds(500))
    }

    @Test("An outage is told at its 1st, 2nd, 4th, 8th … failure and when it ends")
    func lines() {
        var backoff = DeliveryBackoff(policy: RetryPolicy())
        let told = (1...9).filter { _ in backoff.failed(random: 0.5).isWorthALogLine }
        #expect(told == [1, 2, 4, 8])
        let (first, second) = (backoff.succeeded(), backoff.succeeded())
        #expect(first)
        #expect(!second)
        #expect(backoff.failures == 0)
    }
}
