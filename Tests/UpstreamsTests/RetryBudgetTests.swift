// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Testing

@testable import Upstreams

@Suite("Retry budget")
struct RetryBudgetTests {
    @Test("A fifth of what is in flight, three at least, nothing where it is 0")
    func limit() {
        #expect(RetryBudget.limit(inFlight: 0, percent: 20) == 3)
        #expect(RetryBudget.limit(inFlight: 15, percent: 20) == 3)
        #expect(RetryBudget.limit(inFlight: 20, percent: 20) == 4)
        #expect(RetryBudget.limit(inFlight: 1_000, percent: 20) == 200)
        #expect(RetryBudget.limit(inFlight: 1_000, percent: 0) == 0)
    }

    @Test("Exactly the limit is taken, and what is given back can be taken again")
    func take() {
        let budget = RetryBudget()
        for _ in 0..<4 { #expect(budget.take(inFlight: 20, percent: 20)) }
        #expect(!budget.take(inFlight: 20, percent: 20))
        budget.giveBack()
        #expect(budget.take(inFlight: 20, percent: 20))
        #expect(!RetryBudget().take(inFlight: 1_000, percent: 0))
    }
}
