// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Wire

/// A connection that asks to be let in: what the door at `/live` found out about it, before any topic is allowed.
package struct JoinRequest: Sendable {
    /// nil without a login: then `refusal` says why, or `isAnonymous` that it was asked for.
    package var identity: LiveIdentity?
    /// The door already decided against it; the connection is accepted and closed with this code (live.md §1).
    package var refusal: CloseCode?
    /// As in the URL, neither checked nor allowed yet.
    package var topics: [String]
    /// As sent; nil where absent or empty.
    package var since: String?
    /// The client's address after `X-Forwarded-For` has been judged; for limits and logs.
    package var remoteAddress: String
    /// `?anonymous=1` without any credential.
    package var isAnonymous: Bool

    package init(
        identity: LiveIdentity?,
        refusal: CloseCode? = nil,
        topics: [String],
        since: String?,
        remoteAddress: String,
        isAnonymous: Bool = false
    ) {
        self.identity = identity
        self.refusal = refusal
        self.topics = topics
        self.since = since.flatMap { $0.isEmpty ? nil : $0 }
        self.remoteAddress = remoteAddress
        self.isAnonymous = isAnonymous
    }
}
