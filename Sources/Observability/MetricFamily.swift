// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// All series of one name, as they are at one moment.
package struct MetricFamily: Sendable {
    package enum Kind: String, Sendable { case counter, gauge, histogram }

    package struct Series: Sendable {
        package var labels: [(name: String, value: String)]
        package var value: Value

        package init(labels: [(name: String, value: String)] = [], value: Value) {
            self.labels = labels
            self.value = value
        }
    }

    package enum Value: Sendable {
        case integer(UInt64)
        case number(Double)
        /// Per bucket, not yet summed up; one count more than bounds.
        case histogram(bounds: [Double], counts: [UInt64], sum: Double)
    }

    package var name: String
    package var help: String
    package var kind: Kind
    package var series: [Series]

    package init(name: String, help: String, kind: Kind, series: [Series]) {
        self.name = name
        self.help = help
        self.kind = kind
        self.series = series
    }
}
