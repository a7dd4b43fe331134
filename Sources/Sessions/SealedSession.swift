// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Foundation

/// One session as stores keep it: the key instead of the sid, tokens sealed.
package struct SealedSession: Sendable, Hashable {
    package var key: SessionKey
    package var publicID: String
    package var subject: String
    /// A JSON object of display fields, at most `SessionSettings.profileLimit` bytes.
    package var profile: [UInt8]
    package var client: ClientSummary
    package var created: Date
    package var lastSeen: Date
    package var absoluteEnd: Date
    package var idleEnd: Date
    package var tokens: SealedTokens

    package init(
        key: SessionKey,
        publicID: String,
        subject: String,
        profile: [UInt8],
        client: ClientSummary,
        created: Date,
        lastSeen: Date,
        absoluteEnd: Date,
        idleEnd: Date,
        tokens: SealedTokens
    ) {
        self.key = key
        self.publicID = publicID
        self.subject = subject
        self.profile = profile
        self.client = client
        self.created = created
        self.lastSeen = lastSeen
        self.absoluteEnd = absoluteEnd
        self.idleEnd = idleEnd
        self.tokens = tokens
    }

    package var generation: UInt64 { tokens.generation }

    /// The first of absolute, idle and refresh-token end; the access token's where there is no refresh token.
    package var end: Date {
        let tokenEnd = tokens.refresh == nil ? tokens.accessEnd : tokens.refreshEnd ?? .distantFuture
        return min(absoluteEnd, idleEnd, tokenEnd)
    }
}

/// The part of a session that a refresh replaces, all of it at once.
package struct SealedTokens: Sendable, Hashable {
    /// Counts token writes; part of what the seal covers.
    package var generation: UInt64
    package var access: [UInt8]
    package var refresh: [UInt8]?
    /// When these were obtained; with `accessEnd` it tells the token's lifetime.
    package var obtained: Date
    package var accessEnd: Date
    /// `nil`: the backend does not say.
    package var refreshEnd: Date?

    package init(
        generation: UInt64,
        access: [UInt8],
        refresh: [UInt8]?,
        obtained: Date,
        accessEnd: Date,
        refreshEnd: Date?
    ) {
        self.generation = generation
        self.access = access
        self.refresh = refresh
        self.obtained = obtained
        self.accessEnd = accessEnd
        self.refreshEnd = refreshEnd
    }
}
