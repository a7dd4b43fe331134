// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Wire

package struct LogExtent: Sendable, Hashable {
    /// Cursors below it are not in the log any more.
    package var first: Cursor
    /// The newest id, or the mark while nothing was written.
    package var last: Cursor
    /// Settles whether this is still the same log: no cursor older than it is honoured.
    package var mark: Cursor

    package init(first: Cursor, last: Cursor, mark: Cursor) {
        self.first = first
        self.last = last
        self.mark = mark
    }
}
