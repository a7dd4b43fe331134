// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Metrics

/// Counters of what limits did; made once.
enum RateLimitMetrics {
    private static let denials: [String: Counter] = Dictionary(
        uniqueKeysWithValues: ["login-account", "login-address", "auth-session", "address", "session"].map {
            ($0, Counter(label: "gatecast_rate_limited_total", dimensions: [("limit", $0)]))
        }
    )
    private static let fallbacks = Counter(label: "gatecast_rate_limit_fallbacks_total")

    static func denied(_ name: RateCharge.Name) { self.denials[name.text]?.increment() }

    /// Redis did not answer in time, or not at all: the node's own count decided alone.
    static func fellBack() { self.fallbacks.increment() }
}
