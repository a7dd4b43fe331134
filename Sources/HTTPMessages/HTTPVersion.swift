// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// The version a message was received in. Towards upstreams Gatecast always speaks HTTP/1.1.
package enum HTTPVersion: Sendable {
    case http10, http11, http2

    /// `1.0`, `1.1`, `2`.
    package var number: String {
        switch self {
        case .http10: "1.0"
        case .http11: "1.1"
        case .http2: "2"
        }
    }
}
