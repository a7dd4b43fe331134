// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import StrictJSON
package import Wire

/// Which topics a connection may have. Pure; deny by default: without patterns there is only the user's own topic.
package struct TopicPolicy: Sendable {
    package var allowed: [TopicPattern]
    /// For connections that asked for `?anonymous=1`.
    package var anonymous: [TopicPattern]

    package init(allowed: [TopicPattern] = [], anonymous: [TopicPattern] = []) {
        self.allowed = allowed
        self.anonymous = anonymous
    }

    /// `user.<sub>` is everyone's own and needs no pattern.
    package func allows(_ filter: TopicFilter, subject: String, claims: JSONValue) -> Bool {
        if !filter.isWildcard, filter.prefix == Topic.user(subject).name { return true }
        return allowed.contains { $0.allows(filter, claims: claims) }
    }

    package func allowsAnonymously(_ filter: TopicFilter) -> Bool {
        anonymous.contains { $0.allows(filter, claims: .object([])) }
    }

    func allows(_ filter: TopicFilter, identity: LiveIdentity?) -> Bool {
        guard let identity else { return allowsAnonymously(filter) }
        return allows(filter, subject: identity.subject, claims: identity.claims)
    }
}
