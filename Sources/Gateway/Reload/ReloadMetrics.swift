// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Edge
internal import Foundation
internal import Metrics

/// Reloads counted, and what a dashboard should know about the configuration in force.
struct ReloadMetrics {
    private let loaded = Gauge(label: "gatecast_config_loaded_timestamp_seconds")
    private var expiry: [String: Gauge] = [:]

    init() {
        // Shown from the start: an alert on their increase needs the zero.
        for result in ["applied", "unchanged", "refused"] {
            Counter(label: "gatecast_config_reloads_total", dimensions: [("result", result)]).increment(by: 0)
        }
    }

    func count(_ outcome: ReloadOutcome) {
        Counter(label: "gatecast_config_reloads_total", dimensions: [("result", outcome.label)]).increment()
    }

    /// A configuration with these certificates is in force.
    mutating func inForce(_ certificates: [CertificateFacts], now: Date) {
        loaded.record(now.timeIntervalSince1970.rounded(.down))
        let paths = Set(certificates.map(\.path))
        for (path, gauge) in expiry where !paths.contains(path) {
            gauge.destroy()
            expiry[path] = nil
        }
        for certificate in certificates {
            let gauge =
                expiry[certificate.path]
                ?? Gauge(
                    label: "gatecast_certificate_expiry_timestamp_seconds",
                    dimensions: [("certificate", certificate.path)]
                )
            gauge.record(certificate.notAfter.timeIntervalSince1970)
            expiry[certificate.path] = gauge
        }
    }
}
