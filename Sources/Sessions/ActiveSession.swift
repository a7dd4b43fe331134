// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Foundation
package import StrictJSON

/// A living session with its access token in the open, for the request path. Never written anywhere; the refresh token
/// is not in it.
package struct ActiveSession: Sendable, Hashable {
    package var key: SessionKey
    /// The handle for lists and logs.
    package var publicID: String
    package var subject: String
    /// Display fields, an object.
    package var profile: JSONValue
    package var accessToken: String
    package var accessEnd: Date
    /// The access token's claims.
    package var claims: JSONValue
    package var absoluteEnd: Date
    package var idleEnd: Date
    /// When it ends unless something happens: the first of absolute, idle and token ends.
    package var end: Date
    package var generation: UInt64

    package init(
        key: SessionKey,
        publicID: String,
        subject: String,
        profile: JSONValue = .object([]),
        accessToken: String,
        accessEnd: Date,
        claims: JSONValue = .object([]),
        absoluteEnd: Date,
        idleEnd: Date,
        end: Date? = nil,
        generation: UInt64 = 1
    ) {
        self.key = key
        self.publicID = publicID
        self.subject = subject
        self.profile = profile
        self.accessToken = accessToken
        self.accessEnd = accessEnd
        self.claims = claims
        self.absoluteEnd = absoluteEnd
        self.idleEnd = idleEnd
        self.end = end ?? min(absoluteEnd, idleEnd)
        self.generation = generation
    }

    package var username: String? { profile["username"]?.string }
}

/// What a sid turned out to be.
package enum SessionLookup: Sendable, Hashable {
    case active(ActiveSession)
    /// Certainly gone: 401 and both cookies cleared. `nil`: unknown here (logged out, revoked or swept earlier).
    case dead(EndReason?)

    package var session: ActiveSession? {
        if case .active(let session) = self { session } else { nil }
    }
}

/// What a fresh login gives.
package struct NewSession: Sendable {
    /// For the cookie; nobody else keeps it.
    package var sid: SessionID
    package var session: ActiveSession

    package init(sid: SessionID, session: ActiveSession) {
        self.sid = sid
        self.session = session
    }
}

package enum RegisterOutcome: Sendable {
    case loggedIn(NewSession)
    /// Registered, but not (yet) allowed in: 201 `{"authenticated":false}`, no cookie.
    case registered
}

/// Whether a socket may stay.
package enum SessionCheck: Sendable, Hashable {
    case alive(until: Date, claims: JSONValue)
    case ended(EndReason)
    /// Doubt: the store did not answer. The socket stays; ask again.
    case unknown
}

/// One line of a user's list of sessions.
package struct SessionInfo: Sendable, Hashable {
    package var publicID: String
    package var subject: String
    package var created: Date
    package var lastSeen: Date
    package var end: Date
    package var client: ClientSummary
    package var isCurrent: Bool
}
