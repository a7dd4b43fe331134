// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Thrown by a relay's `deliver` for a row that no retry can help, for example one that the receiver calls too big.
/// The relay sets the row aside with its reason and goes on with the rest of the batch, the rows before it included:
/// receivers are idempotent.
package struct OutboxRejection: Error, Sendable, CustomStringConvertible {
    package let position: Int64
    package let reason: String

    package init(position: Int64, reason: String) {
        self.position = position
        self.reason = reason
    }

    package var description: String { "outbox row \(self.position) refused: \(self.reason)" }
}
