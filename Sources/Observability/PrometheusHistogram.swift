// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import CoreMetrics
internal import Synchronization

/// A distribution over fixed buckets. Recording costs two atomic operations and a search of at most 15 bounds.
final class PrometheusHistogram: TimerHandler, RecorderHandler {
    /// Upper bounds, rising, at most `capacity - 1`; the last bucket takes the rest.
    let bounds: [Double]
    private let counts: InlineArray<16, Atomic<UInt64>>
    private let sum = AtomicDouble()

    static let capacity = 16

    init(bounds: [Double]) {
        precondition(bounds.count < Self.capacity, "a histogram has at most \(Self.capacity - 1) bounds")
        self.bounds = bounds
        counts = InlineArray { _ in Atomic(0) }
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        guard value.isFinite else { return }
        var bucket = 0
        while bucket < bounds.count, value > bounds[bucket] { bucket += 1 }
        counts[bucket].wrappingAdd(1, ordering: .relaxed)
        sum.add(value)
    }

    /// Each bucket on its own, the one without a bound last. The total is their sum, so that no scrape ever sees more in
    /// the buckets than in `_count`.
    var snapshot: (counts: [UInt64], sum: Double) {
        ((0...bounds.count).map { counts[$0].load(ordering: .relaxed) }, sum.value)
    }
}

/// Bounds by what the name says is measured.
enum HistogramBounds {
    /// From a delivery within the process to a patient upstream.
    static let seconds = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
    static let bytes = (0..<10).map { Double(64 << (2 * $0)) }
    static let counts = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 100_000] as [Double]

    static func suited(to name: String) -> [Double] {
        if name.hasSuffix("_seconds") { return seconds }
        return name.hasSuffix("_bytes") ? bytes : counts
    }
}
