// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Foundation
package import StrictJSON

/// Whose connection it is. Made by Edge after it has verified the cookie or the bearer token.
package struct LiveIdentity: Sendable {
    package struct SessionRef: Sendable, Hashable {
        package let key: LiveSessionKey
        /// The one that logs and the admin API may name.
        package let publicID: String

        package init(key: LiveSessionKey, publicID: String) {
            self.key = key
            self.publicID = publicID
        }
    }

    package var subject: String
    package var claims: JSONValue
    /// nil for a bearer token: nobody can be asked, so its end is final.
    package var session: SessionRef?
    /// End of the session or `exp` of the token; nil where neither has one.
    package var endsAt: Date?

    package init(subject: String, claims: JSONValue, session: SessionRef?, endsAt: Date?) {
        self.subject = subject
        self.claims = claims
        self.session = session
        self.endsAt = endsAt
    }
}
