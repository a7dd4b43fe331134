// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Close codes of WebSockets, and `code` in `bye`. The hundreds tell the client what to do: 40xx stop, 41xx back off,
/// 42xx come back after `retry` milliseconds.
package enum CloseCode: UInt16, Sendable, CaseIterable {
    case badRequest = 4000
    case loginRequired = 4001
    case forbidden = 4003
    case sessionEnded = 4005
    case tooBig = 4009
    case overloaded = 4100
    case tooManyConnections = 4101
    case rateLimited = 4102
    case tooSlow = 4103
    case `internal` = 4104
    case draining = 4200
    case sessionRenewed = 4201
    case maxAge = 4202

    package var name: String {
        switch self {
        case .badRequest: "bad_request"
        case .loginRequired: "login_required"
        case .forbidden: "forbidden"
        case .sessionEnded: "session_ended"
        case .tooBig: "too_big"
        case .overloaded: "overloaded"
        case .tooManyConnections: "too_many_connections"
        case .rateLimited: "rate_limited"
        case .tooSlow: "too_slow"
        case .internal: "internal"
        case .draining: "draining"
        case .sessionRenewed: "session_renewed"
        case .maxAge: "max_age"
        }
    }

    /// The client must not return by itself.
    package var isPermanent: Bool { rawValue < 4100 }

    /// The text of the close frame: `draining retry=8200`. `retry` is in milliseconds.
    package func reason(retry: Int? = nil) -> String {
        guard let retry else { return name }
        return "\(name) retry=\(retry)"
    }
}
