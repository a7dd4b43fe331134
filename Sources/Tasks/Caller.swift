// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ServiceKit
internal import StrictJSON
package import Tokens

/// Who asks, and as what: the token's subject, and the best of its `roles`.
package struct Caller: Sendable, Hashable {
    package enum Role: String, Sendable, Hashable {
        /// Sees and changes what is his, and what was given to him.
        case user
        /// Sees everything, changes only what is his.
        case auditor
        /// Sees and changes everything.
        case admin
    }

    package let subject: String
    package let role: Role

    package init(_ subject: String, role: Role = .user) {
        self.subject = subject
        self.role = role
    }

    /// The claim `roles` is a list of strings; names that mean nothing here are passed over.
    package init(_ token: VerifiedToken) {
        let roles = token.claims["roles"]?.array?.compactMap(\.string) ?? []
        self.init(token.subject, role: roles.contains("admin") ? .admin : roles.contains("auditor") ? .auditor : .user)
    }

    package var seesEverything: Bool { self.role != .user }
}
