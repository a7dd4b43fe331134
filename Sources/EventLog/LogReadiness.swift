// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Whether a reader sees what publishers write.
package enum LogReadiness: Sendable, Hashable {
    case ready
    /// The reason, for operators.
    case notReady(String)

    package var isReady: Bool { self == .ready }

    package var reason: String? {
        if case .notReady(let reason) = self { reason } else { nil }
    }
}
