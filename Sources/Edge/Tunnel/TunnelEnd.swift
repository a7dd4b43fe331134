// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Sessions
package import Wire

/// Why a tunnel is over: what the client's Close frame says, where there is one, and what metrics and the log call it.
struct TunnelEnd: Sendable, Equatable {
    /// Status of the Close frame.
    let code: UInt16
    /// Its text, and the `code` of the log line.
    let reason: String
    /// Label of `gatecast_tunnel_closes_total`: one of a handful.
    let label: String

    static let client = TunnelEnd(code: 1000, reason: "client_closed", label: "client")
    static let upstream = TunnelEnd(code: 1011, reason: "upstream_closed", label: "upstream")
    static let idle = TunnelEnd(code: 1001, reason: "idle", label: "idle")
    /// The client took nothing for `limits.writeIdle`.
    static let stalled = TunnelEnd(code: CloseCode.tooSlow.rawValue, reason: CloseCode.tooSlow.name, label: "stalled")
    /// The session store has said nothing for a minute: who may stay is not known.
    static let doubt = TunnelEnd(.internal, retry: 5_000, label: "doubt")

    static func session(_ reason: EndReason) -> TunnelEnd { TunnelEnd(reason.closeCode, label: "session") }
    /// A Bearer token has run out.
    static let token = TunnelEnd(.loginRequired, label: "session")
    /// - Parameter retry: milliseconds after which the client should come back.
    static func draining(retry: Int) -> TunnelEnd { TunnelEnd(.draining, retry: retry, label: "draining") }

    private init(code: UInt16, reason: String, label: String) {
        self.code = code
        self.reason = reason
        self.label = label
    }

    private init(_ code: CloseCode, retry: Int? = nil, label: String) {
        self.init(code: code.rawValue, reason: code.reason(retry: retry), label: label)
    }
}

extension EndReason {
    /// login.md §8: ended by somebody → 4005; run out → 4001; the same browser logged in anew → 4201.
    package var closeCode: CloseCode {
        switch self {
        case .logout, .revoked, .refused: .sessionEnded
        case .expired: .loginRequired
        case .renewed: .sessionRenewed
        }
    }
}
