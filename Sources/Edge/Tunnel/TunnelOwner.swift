// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import Sessions
internal import Tokens

/// On whose behalf a tunnel stands, and until when.
enum TunnelOwner {
    /// Nobody was asked for, or nobody answered.
    case nobody
    case session(SessionKey, publicID: String, end: Date)
    /// A Bearer client, until half a minute after its token's end (live.md §4).
    case token(end: Date)

    static let tokenGrace: TimeInterval = 30

    init(_ caller: Caller) {
        switch caller {
        case .anonymous: self = .nobody
        case .session(let session): self = .session(session.key, publicID: session.publicID, end: session.end)
        case .bearer(let token, _):
            self = .token(end: Date(timeIntervalSince1970: TimeInterval(token.expiresAt) + Self.tokenGrace))
        }
    }

    var sessionKey: SessionKey? { if case .session(let key, _, _) = self { key } else { nil } }
}
