// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// The handles of one name.
struct RegisteredFamily: Sendable {
    let name: String
    /// The name by which swift-metrics knows it, or its help text.
    let label: String
    let kind: MetricFamily.Kind
    var series: [LabelSet: any AnyObject & Sendable] = [:]

    init(name: String, label: String, kind: MetricFamily.Kind) {
        self.name = name
        self.label = label
        self.kind = kind
    }

    /// A family never mixes, say, whole and fractional counters.
    func holds<Handle: AnyObject>(_: Handle.Type) -> Bool {
        series.isEmpty || series.first?.value is Handle
    }

    func snapshot(help: String) -> MetricFamily {
        let series = series.sorted { $0.key < $1.key }.compactMap { labels, handle -> MetricFamily.Series? in
            value(of: handle).map { MetricFamily.Series(labels: labels.pairs, value: $0) }
        }
        return MetricFamily(name: name, help: help, kind: kind, series: series)
    }

    private func value(of handle: AnyObject) -> MetricFamily.Value? {
        switch handle {
        case let counter as PrometheusCounter: return .integer(counter.value)
        case let counter as PrometheusFloatingPointCounter: return .number(counter.value)
        case let gauge as PrometheusGauge: return .number(gauge.value)
        case let histogram as PrometheusHistogram:
            let (counts, sum) = histogram.snapshot
            return .histogram(bounds: histogram.bounds, counts: counts, sum: sum)
        default: return nil
        }
    }
}

/// Label names and values of one series, sorted by name so that their order at the call does not matter.
struct LabelSet: Hashable, Comparable, Sendable {
    private let names: [String]
    private let values: [String]

    /// Of two labels with one name the later wins.
    init(_ dimensions: [(String, String)]) {
        var labels: [String: String] = [:]
        for (name, value) in dimensions { labels[MetricName.label(name)] = value }
        let sorted = labels.sorted { $0.key < $1.key }
        names = sorted.map(\.key)
        values = sorted.map(\.value)
    }

    private init(names: [String], values: [String]) {
        self.names = names
        self.values = values
    }

    var isEmpty: Bool { names.isEmpty }

    var pairs: [(name: String, value: String)] { zip(names, values).map { ($0, $1) } }

    func asOther() -> LabelSet { LabelSet(names: names, values: names.map { _ in "other" }) }

    static func < (a: LabelSet, b: LabelSet) -> Bool {
        a.names == b.names ? a.values.lexicographicallyPrecedes(b.values) : a.names.lexicographicallyPrecedes(b.names)
    }
}
