// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import CoreMetrics

/// One series that goes up and down: a meter, or a recorder that keeps only its last value.
final class PrometheusGauge: MeterHandler, RecorderHandler {
    private let current = AtomicDouble()

    var value: Double { current.value }

    func set(_ value: Int64) { current.store(Double(value)) }
    func set(_ value: Double) { current.store(value) }
    func increment(by amount: Double) { current.add(amount) }
    func decrement(by amount: Double) { current.add(-amount) }
    func record(_ value: Int64) { current.store(Double(value)) }
    func record(_ value: Double) { current.store(value) }
}
