// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import CoreMetrics
internal import Synchronization

/// One series that only grows. One atomic addition per increment; amounts below zero are ignored.
final class PrometheusCounter: CounterHandler {
    private let count = Atomic<UInt64>(0)

    func increment(by amount: Int64) {
        guard amount > 0 else { return }
        count.wrappingAdd(UInt64(amount), ordering: .relaxed)
    }

    func reset() { count.store(0, ordering: .relaxed) }

    var value: UInt64 { count.load(ordering: .relaxed) }
}

/// The same for amounts with a fraction.
final class PrometheusFloatingPointCounter: FloatingPointCounterHandler {
    private let sum = AtomicDouble()

    func increment(by amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        sum.add(amount)
    }

    func reset() { sum.store(0) }

    var value: Double { sum.value }
}
