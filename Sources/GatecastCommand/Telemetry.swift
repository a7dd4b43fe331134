// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Logging
internal import Metrics
internal import Observability

/// The back ends of logs and metrics, installed once per process before the first logger is made.
struct Telemetry {
    let registry: PrometheusRegistry

    /// `LOG_LEVEL` may say trace, debug, info, notice, warning, error or critical.
    static func install(format: LogFormat, environment: [String: String]) -> Telemetry {
        let level = environment["LOG_LEVEL"].flatMap { Logger.Level(rawValue: $0.lowercased()) } ?? .info
        format.bootstrap(level: level)
        let registry = PrometheusRegistry()
        MetricHelp.install(in: registry)
        MetricsSystem.bootstrap(registry)
        Meter(label: "gatecast_build_info", dimensions: [("version", Version.text)]).set(Int64(1))
        // Alerts ask for their rate, and a rate needs a zero before the first one.
        Counter(label: "gatecast_session_store_errors_total").increment(by: 0)
        Counter(label: "gatecast_session_refreshes_total", dimensions: [("outcome", "replaced")]).increment(by: 0)
        return Telemetry(registry: registry)
    }

    var text: @Sendable () -> String {
        { [registry] in registry.exposition() }
    }
}
