// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import CoreMetrics
internal import Synchronization

/// The back end of swift-metrics: hands out handles that count by atomics, and shows them as Prometheus text. The lock
/// is taken when a handle is made or the page is read, never when something is counted.
///
/// A name has at most `maxSeries` combinations of label values. Those beyond it are counted together under the value
/// `other` (a gauge, which cannot be added up, is not shown), and `gatecast_metrics_rejected_total` tells of it.
package final class PrometheusRegistry: Sendable {
    private let families = Mutex<[String: RegisteredFamily]>([:])
    private let help = Mutex<[String: String]>([:])
    private let maxSeries: Int
    private let showsProcess: Bool

    package init(maxSeries: Int = 500, showsProcess: Bool = true) {
        self.maxSeries = maxSeries
        self.showsProcess = showsProcess
    }

    /// The text after `# HELP`, under the label by which the metric is made. Without it the label itself is shown.
    package func describe(_ label: String, _ text: String) {
        help.withLock { $0[MetricName.metric(label)] = text }
    }

    /// What `/metrics` answers, as `Exposition.contentType`. Sorted by name.
    package func exposition() -> String {
        let registered = families.withLock { Array($0.values) }
        let texts = help.withLock { $0 }
        var snapshot = registered.map { family in
            family.snapshot(help: texts[family.name] ?? texts[MetricName.metric(family.label)] ?? family.label)
        }
        if showsProcess { snapshot += ProcessMetrics.read() }
        return Exposition.text(snapshot.sorted { $0.name < $1.name })
    }

    /// The handle for these labels. One of another kind under the same name is refused: it counts, but is not shown.
    private func handle<Handle: AnyObject & Sendable>(
        _ label: String,
        suffix: String,
        kind: MetricFamily.Kind,
        _ dimensions: [(String, String)],
        make: (_ name: String) -> Handle
    ) -> Handle {
        let name = MetricName.metric(label, suffix: suffix)
        let labels = LabelSet(dimensions)
        return families.withLock { families in
            var family = families[name] ?? RegisteredFamily(name: name, label: label, kind: kind)
            defer { families[name] = family }
            let existing = family.series[labels]
            if let existing = existing as? Handle { return existing }
            guard existing == nil, family.kind == kind, family.holds(Handle.self) else {
                Self.reject(name, because: "kind", in: &families)
                return make(name)
            }
            guard family.series.count < maxSeries || labels.isEmpty else {
                Self.reject(name, because: "overflow", in: &families)
                let other = labels.asOther()
                if let existing = family.series[other] as? Handle { return existing }
                let handle = make(name)
                if kind != .gauge { family.series[other] = handle }
                return handle
            }
            let handle = make(name)
            family.series[labels] = handle
            return handle
        }
    }

    private static func reject(_ metric: String, because reason: String, in families: inout [String: RegisteredFamily])
    {
        let name = "gatecast_metrics_rejected_total"
        var family =
            families[name]
            ?? RegisteredFamily(name: name, label: "Label sets or handles that are not shown as asked.", kind: .counter)
        let labels = LabelSet([("metric", metric), ("reason", reason)])
        let counter = family.series[labels] as? PrometheusCounter ?? PrometheusCounter()
        counter.increment(by: 1)
        family.series[labels] = counter
        families[name] = family
    }

    private func remove(_ handle: AnyObject) {
        families.withLock { families in
            for name in families.keys {
                guard let labels = families[name]?.series.first(where: { $0.value === handle })?.key else { continue }
                families[name]?.series[labels] = nil
                return
            }
        }
    }
}

extension PrometheusRegistry: MetricsFactory {
    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        handle(label, suffix: "_total", kind: .counter, dimensions) { _ in PrometheusCounter() }
    }

    package func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        handle(label, suffix: "_total", kind: .counter, dimensions) { _ in PrometheusFloatingPointCounter() }
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        handle(label, suffix: "", kind: .gauge, dimensions) { _ in PrometheusGauge() }
    }

    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        guard aggregate else { return handle(label, suffix: "", kind: .gauge, dimensions) { _ in PrometheusGauge() } }
        return handle(label, suffix: "", kind: .histogram, dimensions) { name in
            PrometheusHistogram(bounds: HistogramBounds.suited(to: name))
        }
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        handle(label, suffix: "_seconds", kind: .histogram, dimensions) { _ in
            PrometheusHistogram(bounds: HistogramBounds.seconds)
        }
    }

    package func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
    package func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    package func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    package func destroyTimer(_ handler: any TimerHandler) { remove(handler) }
}
