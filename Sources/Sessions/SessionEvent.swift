// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Why a session is no more.
package enum EndReason: String, Sendable, Hashable, CaseIterable {
    /// The user said so, in this browser.
    case logout
    /// Ended from elsewhere: another browser of the user, the limit per user, an operator.
    case revoked
    /// Its absolute, idle or refresh-token end has come.
    case expired
    /// The backend refused to refresh it, or named another user.
    case refused
    /// The same browser logged in again.
    case renewed
}

/// What the other loops and nodes must know of. May arrive twice, may be lost between nodes; readers bear both.
package enum SessionEvent: Sendable, Hashable {
    case ended(SessionKey, EndReason)
    /// The session goes on under a new access token.
    case tokensReplaced(SessionKey)

    package var key: SessionKey {
        switch self {
        case .ended(let key, _), .tokensReplaced(let key): key
        }
    }
}
