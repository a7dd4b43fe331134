// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import StrictJSON

/// Someone who can log in.
package struct User: Sendable, Hashable {
    /// Never used twice. Its decimal text is the `sub` of tokens.
    package let id: Int64
    package let username: String
    /// Fields the user gave, out of the allow-list of `Registration`.
    package let profile: JSONValue
    /// Unix seconds, as all times here.
    package let createdAt: Int64
    package var email: String?
    package var emailVerifiedAt: Int64?
    /// Disabled users neither log in nor refresh.
    package var disabledAt: Int64?
    /// What tokens say under `roles`; only an administrator's command gives them.
    package var roles: [String] = []

    package var subject: String { String(self.id) }

    /// As login answers show it.
    var summary: JSONValue { ["id": .string(self.subject), "username": .string(self.username)] }

    /// As the user sees it.
    var full: JSONValue {
        let members: [JSONValue.Member] = [
            .init(name: "id", value: .string(self.subject)),
            .init(name: "username", value: .string(self.username)),
            .init(name: "created_at", value: .integer(self.createdAt)),
            .init(name: "display_name", value: self.profile["display_name"] ?? .null),
            .init(name: "email", value: self.email.map { .string($0) } ?? .null),
            .init(name: "email_verified", value: .bool(self.emailVerifiedAt != nil)),
            .init(name: "roles", value: .array(self.roles.map { .string($0) })),
        ]
        return .object(members)
    }
}
