// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// How much of a message head is read before it is refused, in bytes (`fields` in lines). 0 turns a cap off.
package struct HeadLimits: Sendable, Hashable {
    /// The request target: one more byte is `uriTooLong`.
    package var uri = 8192
    /// One field line without its line end: name, colon, blanks and value. Also bounds the status line.
    package var field = 16384
    /// The whole head: start line, fields, line ends and the empty line.
    package var head = 32768
    /// The number of field lines.
    package var fields = 100

    package init(uri: Int = 8192, field: Int = 16384, head: Int = 32768, fields: Int = 100) {
        self.uri = uri
        self.field = field
        self.head = head
        self.fields = fields
    }

    /// The same limits with 0 written as "never reached".
    var effective: HeadLimits {
        func cap(_ value: Int) -> Int { value == 0 ? Int.max / 4 : value }
        return HeadLimits(uri: cap(self.uri), field: cap(self.field), head: cap(self.head), fields: cap(self.fields))
    }
}
