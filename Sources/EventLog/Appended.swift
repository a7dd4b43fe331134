// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Wire

package struct Appended: Sendable, Hashable {
    package var id: Cursor
    /// The key was known: nothing was written, `id` is the first one's.
    package var duplicate: Bool

    package init(id: Cursor, duplicate: Bool) {
        self.id = id
        self.duplicate = duplicate
    }
}
