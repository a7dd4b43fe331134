// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// What a document may cost before it is refused. Its size in bytes is the caller's to bound.
package struct JSONLimits: Sendable, Hashable {
    /// Containers inside one another: `[[1]]` has depth 2. The scanner recurses, so never more than 512 are followed.
    package var depth: Int
    /// Members of one object. The search for a duplicate name is quadratic in it.
    package var members: Int

    package init(depth: Int = 64, members: Int = 1024) {
        self.depth = min(max(depth, 0), 512)
        self.members = max(members, 0)
    }

    /// The header and the claims of a token (jwt.md §1, rule 1).
    package static let token = JSONLimits(depth: 8, members: 64)
}
