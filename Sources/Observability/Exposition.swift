// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Prometheus' text format, version 0.0.4.
package enum Exposition {
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Families in the order given; nothing for a family without series.
    package static func text(_ families: [MetricFamily]) -> String {
        var text = ""
        for family in families where !family.series.isEmpty {
            text += "# HELP \(family.name) \(escapedHelp(family.help))\n"
            text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
            for series in family.series { append(series, of: family.name, to: &text) }
        }
        return text
    }

    private static func append(_ series: MetricFamily.Series, of name: String, to text: inout String) {
        switch series.value {
        case .integer(let value):
            text += "\(name)\(labels(series.labels)) \(value)\n"
        case .number(let value):
            text += "\(name)\(labels(series.labels)) \(number(value))\n"
        case .histogram(let bounds, let counts, let sum):
            var total: UInt64 = 0
            for (index, count) in counts.enumerated() {
                total += count
                let bound = index < bounds.count ? number(bounds[index]) : "+Inf"
                text += "\(name)_bucket\(labels(series.labels + [("le", bound)])) \(total)\n"
            }
            text += "\(name)_sum\(labels(series.labels)) \(number(sum))\n"
            text += "\(name)_count\(labels(series.labels)) \(total)\n"
        }
    }

    private static func labels(_ labels: [(name: String, value: String)]) -> String {
        if labels.isEmpty { return "" }
        return "{" + labels.map { "\($0.name)=\"\(escapedLabel($0.value))\"" }.joined(separator: ",") + "}"
    }

    static func escapedLabel(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    private static func escapedHelp(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
        return "\(value)"
    }
}
