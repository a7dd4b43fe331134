// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import StrictJSON

/// Someone who can log in.
package struct User: Sendable, Hashable {
    /// Never used twice. Its decimal text is the `sub` of tokens.
    package let id: Int64
    package let username: String
    /// Fields the user gave at registration, out of the allow-list of `Registration`.
    package let profile: JSONValue
    /// Unix seconds.
    package let createdAt: Int64

    package var subject: String { String(self.id) }

    /// As login answers show it.
    var summary: JSONValue { ["id": .string(self.subject), "username": .string(self.username)] }

    /// As the user sees it.
    var full: JSONValue {
        let members: [JSONValue.Member] = [
            .init(name: "id", value: .string(self.subject)),
            .init(name: "username", value: .string(self.username)),
            .init(name: "created_at", value: .integer(self.createdAt)),
        ]
        return .object(members + (self.profile.members ?? []))
    }
}
